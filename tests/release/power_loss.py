# SPDX-License-Identifier: BSL-1.0
"""R6: from the calls that the small job made, what a disk may hold when the power goes after any of
them; the job starts on it, and everything must be there once.

What was not synced survives whole, torn at sectors, as zeros, out of order, or not. Of the names that
changed since, a journalling file system (ext4) keeps the first few, and makes all of them durable with
any sync; the strict model keeps any, and makes one durable with the sync of its directory or, for a
file that was made, of the file.
"""
import pathlib
import random

import outcome
import process
import small

MODELS = ("ext4", "strict")
SECTOR = 512
DIRECTORY = "directory"


class Content:
    """A file's bytes: those that are durable, and the changes since."""

    def __init__(self):
        self.durable, self.since = bytearray(), []

    def sync(self):
        for change in self.since:
            apply(self.durable, *change)
        self.since = []

    def after_power_loss(self, rng, style):
        data, changes = bytearray(self.durable), self.since
        if style == "all":
            chosen = [(change, "whole") for change in changes]
        elif style == "out of order":
            chosen = [(change, rng.choice(("whole", "torn", "zeros")))
                      for change in changes if rng.random() < 0.6]
        else:
            upto = rng.randint(0, len(changes)) if style != "none" else 0
            chosen = [(change, "zeros" if style == "zeros" else "whole")
                      for change in changes[:upto]]
            if style == "torn" and chosen:
                chosen[-1] = (chosen[-1][0], "torn")
        for (offset, written), how in chosen:
            apply(data, offset, written, how, rng)
        return bytes(data)


def apply(data, offset, written, how="whole", rng=None):
    """A write, or, without bytes, a change of size to `offset`."""
    if written is None:
        del data[offset:]
        data.extend(bytes(offset - len(data)))
        return
    at = offset
    while at < offset + len(written):
        end = min(offset + len(written), at - at % SECTOR + SECTOR)
        if how != "torn" or rng.random() < 0.5:
            data.extend(bytes(max(0, end - len(data))))
            data[at:end] = bytes(end - at) if how == "zeros" else written[at - offset:end - offset]
        at = end


class Disk:
    """Files below `root` as the calls made them."""

    def __init__(self, root, model):
        self.root, self.model = str(root), model
        self.durable = {self.root: DIRECTORY}  # name: Content or DIRECTORY
        self.names = dict(self.durable)
        self.since = []  # changes of names that are not durable
        self.files = {}  # inode: Content

    def call(self, call):
        if call.kind == "create":
            self.files[call.file] = Content()
            self.change("give", call.path, self.files[call.file])
        elif call.kind == "mkdir":
            self.change("give", call.path, DIRECTORY)
        elif call.kind == "link":
            self.change("give", call.other, self.names[call.path])
        elif call.kind == "remove":
            self.change("take", call.path)
        elif call.kind == "rename":
            self.change("move", call.path, call.other)
        elif call.kind == "sync_names":
            self.make_durable(lambda kind, *names: self.is_in(call.path, names))
        elif call.kind == "sync":
            content = self.files[call.file]
            content.sync()
            self.make_durable(lambda kind, name, what=None: kind == "give" and what is content)
        elif call.kind == "write":
            self.files[call.file].since.append((call.offset, call.data))
        elif call.kind in ("resize", "clear"):
            self.files[call.file].since.append((call.offset, None))

    @staticmethod
    def is_in(directory, names):
        return any(isinstance(name, str) and str(pathlib.Path(name).parent) == directory
                   for name in names)

    def change(self, *change):
        rename(self.names, *change)
        self.since.append(change)

    def make_durable(self, chosen):
        """All changes of names on a journal, those that are `chosen` in the strict model."""
        stay = []
        for change in self.since:
            if self.model == "ext4" or chosen(*change):
                rename(self.durable, *change)
            else:
                stay.append(change)
        self.since = stay

    def after_power_loss(self, rng):
        """{path: bytes, or None for a directory}, and the style of the loss."""
        names = dict(self.durable)
        if self.model == "ext4":
            kept = self.since[:rng.choice((0, len(self.since), rng.randint(0, len(self.since))))]
        else:
            kept = [change for change in self.since if rng.random() < 0.5]
        for change in kept:
            rename(names, *change)
        style = rng.choice(("none", "all", "first ones", "torn", "zeros", "out of order"))
        return {path: None if what == DIRECTORY else what.after_power_loss(rng, style)
                for path, what in names.items()}, style


def rename(names, kind, path, what=None):
    if kind == "give":
        names[path] = what
    elif kind == "take":
        names.pop(path, None)
    elif path in names:
        names[what] = names.pop(path)


def write_files(state, root, directory):
    process.fresh(directory)
    for path in sorted(state):
        target = directory / pathlib.Path(path).relative_to(root)
        if state[path] is None and target.parent.is_dir():
            target.mkdir(exist_ok=True)
        elif state[path] is not None and target.parent.is_dir():
            target.write_bytes(state[path])


def points_of(recorded, states):
    """(sinks, model, calls before the loss, seed): after each call once, then `states` by chance for
    each model; in an order that is random but fixed."""
    rng = random.Random(1)
    every = [(sinks, model, upto, 0) for sinks, calls in recorded.items() for model in MODELS
             for upto in range(len(calls) + 1)]
    kinds = sorted(recorded)
    more = [(kinds[seed % len(kinds)], model, rng.randint(0, len(recorded[kinds[seed % len(kinds)]])),
             seed) for model in MODELS for seed in range(1, states + 1)]
    rng.shuffle(every)
    rng.shuffle(more)
    return every[:len(every) // 2] + more + every[len(every) // 2:]


def lose_power(tools, recorded, point):
    """What is wrong when the job starts on what is left."""
    sinks, model, upto, seed = point
    root, directory = tools.shared / sinks, tools.directory / "state"
    job = small.Small(tools.small_job, sinks)
    disk = Disk(root, model)
    for call in recorded[sinks][:upto]:
        disk.call(call)
    rng = random.Random(f"{sinks} {model} {upto} {seed}")
    state, style = disk.after_power_loss(rng)
    write_files(state, root, directory)
    result = outcome.Outcome()
    wanted = job.wanted()
    try:
        outcome.at_any_time(result, wanted, small.totals_in(directory / "lake"))
    except (ValueError, KeyError) as error:
        result.add("wrong", f"an object that is visible is torn: {error}")
    ended = process.run(job.command(directory))
    if ended.code != 0:
        result.add("stuck", f"the next start {ended}")
    else:
        outcome.at_the_end(result, wanted, job.seen(directory))
    if not result.good():
        result.examples.insert(0, f"{point}, {style}")
    return result
