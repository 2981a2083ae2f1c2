#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""plot.py RESULTS PAGE: what `end_to_end G` printed, as plots and tables of a page.

Each chart becomes an SVG in the folder `growth` beside PAGE (docs/GROWTH.md), and its figures the
table between `<!-- NAME -->` and `<!-- /NAME -->` of the page; the machine stands between
`<!-- machine -->` and its end.
"""
import collections
import math
import pathlib
import re
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 64, 52

STYLE = """
  .back { fill: #ffffff } .grid { stroke: #d8dee4 } .axis { stroke: #6e7781 }
  text { font: 13px system-ui, sans-serif; fill: #57606a } .title { font-size: 16px; fill: #1f2328 }
  .s0 { --c: #0969da } .s1 { --c: #bc4c00 } .s2 { --c: #1a7f37 }
  polyline { fill: none; stroke: var(--c); stroke-width: 2 } circle, .key { fill: var(--c) }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
    text { fill: #9198a1 } .title { fill: #e6edf3 } .s0 { --c: #58a6ff } .s1 { --c: #f0883e }
    .s2 { --c: #3fb950 }
  }
"""

Chart = collections.namedtuple("Chart", "name title x series label extra")


def count(x):
    for unit, size in (("M", 10**6), ("k", 10**3)):
        if x >= size and x % size == 0:
            return f"{x // size} {unit}"
    return str(x)


def size(x):
    return f"{x // 1024} KiB" if x >= 1024 else f"{x} B"


def a_step_more(line, x):
    return f"{(line[x] - line[x // 2]) / (x - x // 2):.2f}" if x // 2 in line else ""


CHARTS = (
    Chart("keys", "Throughput by keys", "keys",
          {"G-keys": "windows of a count and a sum", "G-rows": "a process step that counts"},
          count, None),
    Chart("state", "Throughput by state, kept in RocksDB", "state, as a share of the memory given",
          {"G-state": "a process step that counts"}, lambda x: f"{x / 100:g}", None),
    Chart("bytes", "Throughput by record size", "bytes a record",
          {"G-bytes": "copied in, filtered, read"}, size,
          ("GB/s", lambda line, x: f"{x / line[x]:.2f}")),
    Chart("steps", "Throughput by steps", "steps in a row",
          {"G-updates": "update, in place", "G-maps": "map, another record"}, str,
          ("ns a step more", a_step_more)),
    Chart("workers", "Throughput by partitions and workers", "partitions, workers",
          {"G-partitions": "one worker", "G-workers": "as many workers",
           "G-seconds": "as many workers, times in whole seconds"}, str, None),
)


def read(path):
    """{series: {x: ns}} and the line about the machine."""
    series, machine = collections.defaultdict(dict), ""
    for line in path.read_text().splitlines():
        if found := re.match(r"(G-\w+)-(\d+) ns ([\d.]+)", line):
            series[found[1]][int(found[2])] = float(found[3])
        elif line.startswith("machine "):
            machine = line.removeprefix("machine ")
    return series, machine


def digits(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def ticks(low, high):
    """1, 2, 5, 10 ... from below the least to above the greatest."""
    steps = [m * 10.0**e for e in range(-4, 5) for m in (1, 2, 5)]
    first = max(i for i, s in enumerate(steps) if s <= low)
    last = min(i for i, s in enumerate(steps) if s >= high)
    return steps[first:last + 1]


def svg(chart, series):
    lines = {name: {x: 1e3 / ns for x, ns in sorted(series[name].items())}
             for name in chart.series if series[name]}
    xs = sorted({x for line in lines.values() for x in line})
    ys = ticks(min(min(line.values()) for line in lines.values()),
               max(max(line.values()) for line in lines.values()))

    def place(value, low, high, first, last):
        share = math.log(value / low) / math.log(high / low) if high > low else 0.5
        return round(first + share * (last - first), 1)

    def px(x):
        return place(x, xs[0], xs[-1], LEFT + 16, WIDTH - RIGHT - 16)

    def py(y):
        return place(y, ys[0], ys[-1], HEIGHT - BOTTOM, TOP)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           f'width="{WIDTH}" height="{HEIGHT}" role="img">',
           f"<title>{escape(chart.title)}</title>", f"<style>{STYLE}</style>",
           f'<rect class="back" width="{WIDTH}" height="{HEIGHT}"/>',
           f'<text class="title" x="{LEFT}" y="24">{escape(chart.title)}, '
           f'millions of records a second</text>']
    for y in ys:
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py(y)}" '
                   f'y2="{py(y)}"/><text x="{LEFT - 8}" y="{py(y) + 4}" text-anchor="end">'
                   f"{y:g}</text>")
    base = HEIGHT - BOTTOM
    out.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}"/>')
    for x in xs:
        out.append(f'<line class="axis" x1="{px(x)}" x2="{px(x)}" y1="{base}" y2="{base + 5}"/>'
                   f'<text x="{px(x)}" y="{base + 20}" text-anchor="middle">'
                   f"{chart.label(x)}</text>")
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
               f"{escape(chart.x)}</text>")
    at = LEFT
    for number, (name, line) in enumerate(lines.items()):
        points = " ".join(f"{px(x)},{py(y)}" for x, y in line.items())
        dots = "".join(f'<circle cx="{px(x)}" cy="{py(y)}" r="3.5"/>' for x, y in line.items())
        label = escape(chart.series[name])
        out.append(f'<g class="s{number}"><polyline points="{points}"/>{dots}'
                   f'<rect class="key" x="{at}" y="40" width="12" height="4"/>'
                   f'<text x="{at + 18}" y="47">{label}</text></g>')
        at += 40 + 7 * len(chart.series[name])
    return "\n".join(out + ["</svg>\n"])


def table(chart, series):
    names = [name for name in chart.series if series[name]]
    xs = sorted({x for name in names for x in series[name]})
    heads = [chart.x]
    for name in names:
        heads += [f"{chart.series[name]}: ns", "M/s"]
        heads += [chart.extra[0]] if chart.extra else []
    rows = []
    for x in xs:
        row = [chart.label(x)]
        for name in names:
            line = series[name]
            ns = line.get(x)
            row += [digits(ns), digits(1e3 / ns)] if ns else ["", ""]
            row += [chart.extra[1](line, x) if ns else ""] if chart.extra else []
        rows.append(row)
    cells = [heads, ["---"] * len(heads)] + rows
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)


def fill(page, name, text):
    """The page with `text` between the marks of `name`."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not marks.search(page):
        sys.exit(f"the page has no <!-- {name} --> ... <!-- /{name} -->")
    return marks.sub(lambda m: f"{m[1]}\n{text}\n\n{m[2]}", page)


def main(results, page):
    page = pathlib.Path(page)
    series, machine = read(pathlib.Path(results))
    text = fill(page.read_text(), "machine", machine)
    folder = page.parent / "growth"
    folder.mkdir(exist_ok=True)
    for chart in CHARTS:
        if not any(series[name] for name in chart.series):
            print(f"no figures of {chart.name}: left as it was")
            continue
        (folder / f"{chart.name}.svg").write_text(svg(chart, series))
        text = fill(text, chart.name, table(chart, series))
    page.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
