# SPDX-License-Identifier: BSL-1.0
"""Starts programs, under the file shim when asked, and says how they ended."""
import functools
import os
import re
import shutil
import signal
import subprocess

HANGS_AFTER_S = 60


class Ended:
    """`code` as subprocess has it: negative for a signal; None when it hung and was killed."""

    def __init__(self, code, said):
        self.code, self.said = code, said

    def killed(self):
        return self.code == -signal.SIGKILL

    def died(self):
        """By itself, in a way that no error is allowed to end in."""
        return self.code is None or (self.code < 0 and not self.killed()) or self.code > 125

    def __str__(self):
        how = "hung" if self.code is None else f"ended with {self.code}"
        return f"{how}: {self.said[-400:].strip()}"


@functools.cache
def preload(library):
    """For LD_PRELOAD: a sanitizer's runtime wants to be before the library that was built with it."""
    needed = subprocess.run(["ldd", str(library)], capture_output=True, text=True).stdout
    runtime = re.search(r"=> (\S*/lib[at]san\S*)", needed)
    return f"{runtime[1]}:{library}" if runtime else str(library)


def shim(library, root, **settings):
    """The environment under which a program's file calls below `root` are seen."""
    env = dict(os.environ, LD_PRELOAD=preload(library), FILE_SHIM_ROOT=str(root))
    env.update({f"FILE_SHIM_{name.upper()}": str(value) for name, value in settings.items()})
    return env


def run(command, env=None, hangs_after_s=HANGS_AFTER_S):
    process = subprocess.Popen([str(word) for word in command], env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    try:
        said, _ = process.communicate(timeout=hangs_after_s)
        return Ended(process.returncode, said)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        return Ended(None, said)


def fresh(directory):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory
