# SPDX-License-Identifier: BSL-1.0
"""R22: operator new fails once, at any allocation of the small job: in a run from the beginning, with
its checkpoints, or in a start that has to recover. It may end with an error; what it has left must be
good enough for the next start."""
import random
import re
import shutil

import process
import small
import sweep


def points_of(tools):
    """(sinks, whether it recovers, allocation), in an order that is random but fixed."""
    points = []
    for sinks in small.SINKS:
        job = small.Small(tools.small_job, sinks)
        for recovers in (False, True):
            start = tools.shared / f"{sinks}-{'killed' if recovers else 'empty'}"
            if not start.exists():
                process.fresh(start)
                if recovers:
                    kill_behind_a_decision(tools, job, start)
            counted = tools.shared / f"{start.name}.allocations"
            if not counted.exists():
                said = process.run(job.command(copy(start, tools.shared / "counting"))).said
                counted.write_text(re.search(r"(\d+) allocations", said)[1])
            points += [(sinks, recovers, n) for n in range(1, int(counted.read_text()) + 1)]
    random.Random(1).shuffle(points)
    return points


def kill_behind_a_decision(tools, job, directory):
    """Leaves a state whose last checkpoint is decided and not committed."""
    made = sweep.recorded(tools)[job.sinks]
    at = max(n for n, call in enumerate(made, 1)
             if call.kind == "rename" and call.other.endswith("consumer/chk-2/MANIFEST"))
    process.run(job.command(directory), process.shim(tools.shim, directory, at=at, do="kill_after"))


def copy(start, directory):
    shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(start, directory)
    return directory


def fail(tools, point):
    sinks, recovers, n = point
    job = small.Small(tools.small_job, sinks)
    start = tools.shared / f"{sinks}-{'killed' if recovers else 'empty'}"
    directory = copy(start, tools.directory / "job")
    result = sweep.judge(job, directory, process.run(job.command(directory, n)))
    if not result.good():
        result.examples.insert(0, f"{point}")
    return result
