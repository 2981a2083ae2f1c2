# SPDX-License-Identifier: BSL-1.0
"""R1, R2, R18: a job is killed, or told to end, at a random moment, started again, and so on until it
has finished. After every death what is visible is right and nothing was taken back; at the end all is
there once."""
import os
import random
import signal
import subprocess
import time

import outcome
import process

DRAIN_S = 5
IN_RECOVERY = 0.25  # of the deaths come in a start's first moments
PARALLELISMS = (1, 1, 2, 3)


class Loop:
    """`signal_` ends each life. `jobs` are jobs.Accidents and alike."""

    def __init__(self, job, directory, seed, signal_=signal.SIGKILL):
        self.job, self.directory, self.signal = job, directory, signal_
        self.rng = random.Random(seed)
        self.wanted = job.wanted()
        self.whole_s = 0.0  # what a life takes that nothing ends

    def run(self, deaths):
        """An outcome for each life, until there were so many deaths."""
        yield self.undisturbed()
        self.begin()
        while deaths > 0:
            result, died = self.life(self.rng.uniform(0, self.moment_s()))
            deaths -= died
            yield result
        yield self.life(None)[0]

    def undisturbed(self):
        """Says how long a life is."""
        self.begin()
        started = time.monotonic()
        result, _ = self.life(None)
        self.whole_s = time.monotonic() - started
        return result

    def moment_s(self):
        return self.whole_s * (0.1 if self.rng.random() < IN_RECOVERY else 0.7)

    def begin(self):
        process.fresh(self.directory)
        self.before = ()

    def life(self, moment_s):
        """Starts the job, ends it at that moment or waits for its end, and looks."""
        result = outcome.Outcome()
        command = self.job.command(self.directory, self.rng.choice(PARALLELISMS))
        started = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace")
        died = moment_s is not None and self.end(started, moment_s, result)
        try:
            said, _ = started.communicate(timeout=process.HANGS_AFTER_S)
        except subprocess.TimeoutExpired:
            started.kill()
            said, _ = started.communicate()
            result.add("stuck", f"it did not end in {process.HANGS_AFTER_S} s")
        code = started.returncode
        finished = code == 0
        if not finished and not (died and code in (-self.signal, 130)):
            result.add("stuck", f"{process.Ended(code, said)}")
        if finished:
            outcome.at_the_end(result, self.wanted, self.job.seen(self.directory), self.before)
            self.begin()
        else:
            self.before = set(outcome.at_any_time(
                result, self.wanted, self.job.seen(self.directory, ended=False), self.before))
        return result, int(died)

    def end(self, started, moment_s, result):
        """Whether the signal came before the job's own end."""
        try:
            started.wait(moment_s)
            return False
        except subprocess.TimeoutExpired:
            os.kill(started.pid, self.signal)
        try:
            started.wait(DRAIN_S)
        except subprocess.TimeoutExpired:
            result.add("slow", f"no end {DRAIN_S} s after the signal")
        return True
