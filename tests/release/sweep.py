# SPDX-License-Identifier: BSL-1.0
"""R4 and R5: the small job is killed, or gets an error, at each call that changes a file; then it runs
again without, and everything must be there once."""
import errno
import random

import calls
import outcome
import process
import small

KILLS = ("kill", "kill_after")
ERRORS = tuple((error, sticky) for error in (errno.ENOSPC, errno.EIO) for sticky in (False, True))


def record(tools, job, directory):
    """The calls of a run that nothing disturbs, which must end well."""
    trace = directory.with_suffix(".trace")
    trace.unlink(missing_ok=True)
    process.fresh(directory)
    ended = process.run(job.command(directory), process.shim(tools.shim, directory, trace=trace))
    result = check(job, directory)
    if ended.code != 0 or not result.good():
        raise RuntimeError(f"the {job.sinks} job fails undisturbed: {ended}; {result}")
    return calls.read(trace)


def check(job, directory):
    result = outcome.Outcome()
    outcome.at_the_end(result, job.wanted(), job.seen(directory))
    return result


def recorded(tools):
    """{sinks: calls}, recorded once for all processes: two runs may differ a little."""
    found = {}
    for sinks in small.SINKS:
        trace = tools.shared / f"{sinks}.trace"
        if not trace.exists():
            record(tools, small.Small(tools.small_job, sinks), tools.shared / sinks)
        found[sinks] = calls.read(trace)
    return found


def points_of(recorded_, faults_at):
    """(sinks, call, settings of the shim) of every fault, in an order that is random but fixed."""
    points = [(sinks, number, fault) for sinks, made in recorded_.items()
              for number, call in enumerate(made, 1) for fault in faults_at(call)]
    random.Random(1).shuffle(points)
    return points


def kills_at(_call):
    return [{"do": action} for action in KILLS]


def errors_at(call):
    faults = [{"do": error, **({"sticky": 1} if sticky else {})} for error, sticky in ERRORS]
    return faults + [{"do": "short"}] if call.kind == "write" else faults


def hit(tools, point):
    """What is wrong after this fault and the run behind it."""
    sinks, number, fault = point
    job, directory = small.Small(tools.small_job, sinks), tools.directory / "job"
    process.fresh(directory)
    ended = process.run(job.command(directory), process.shim(tools.shim, directory, at=number,
                                                             **fault))
    return judge(job, directory, ended)


def judge(job, directory, ended):
    """What is wrong after a run that was disturbed, and one behind it that was not."""
    result = outcome.Outcome()
    if ended.died():
        result.add("died", str(ended))
    if ended.code == 0:
        result = check(job, directory)
    else:
        before = outcome.at_any_time(result, job.wanted(), job.seen(directory))
        again = process.run(job.command(directory))
        if again.code != 0:
            result.add("stuck", f"the next start {again}")
        outcome.at_the_end(result, job.wanted(), job.seen(directory), before)
    return result
