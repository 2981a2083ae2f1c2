#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""SIGTERM and SIGINT against a real process: one suspends, two abort; what stderr shows."""
import os
import pty
import signal
import subprocess
import sys
import tempfile
import time

APP = sys.argv[1]
COUNT = 1500
TOTAL = COUNT * (COUNT - 1) // 2


def start(directory, *more, stderr=subprocess.PIPE, env=None):
    app = subprocess.Popen([APP, directory, str(COUNT), *more], stdout=subprocess.PIPE,
                           stderr=stderr, text=True, env=env)
    assert app.stdout.readline() == "started\n"
    return app


def suspended_by(which):
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(2):
            app = start(directory)
            time.sleep(0.3)
            app.send_signal(which)
            out, err = app.communicate(timeout=60)
            assert (out, app.returncode) == ("suspended\n", 0), (out, err, app.returncode)
        out, err = start(directory).communicate(timeout=120)
        assert out == f"total {TOTAL}\nfinished\n", (out, err)
        return err


def aborted_by_a_second():
    with tempfile.TemporaryDirectory() as directory:
        app = start(directory, "stuck")
        time.sleep(0.3)
        app.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert app.poll() is None, "a stuck sink holds the suspension up"
        app.send_signal(signal.SIGTERM)
        out, err = app.communicate(timeout=60)
        assert (out, app.returncode) == ("aborted\n", 3), (out, err, app.returncode)
        assert "snapshot" not in os.listdir(directory)


def shown_on_a_terminal(extra):
    env = {k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR")}
    env |= {"TERM": "xterm"} | extra
    with tempfile.TemporaryDirectory() as directory:
        mine, theirs = pty.openpty()
        app = start(directory, stderr=theirs, env=env)
        os.close(theirs)
        time.sleep(0.6)
        app.send_signal(signal.SIGINT)
        shown = b""
        try:
            while chunk := os.read(mine, 4096):
                shown += chunk
        except OSError:
            pass  # what Linux says at the end of a terminal
        app.communicate(timeout=60)
        return shown


plain = suspended_by(signal.SIGTERM)
assert "finished  read " in plain, plain
assert "\r" not in plain and "\x1b" not in plain, repr(plain)
suspended_by(signal.SIGINT)
aborted_by_a_second()
coloured = shown_on_a_terminal({})
assert b"\r" in coloured and b"read " in coloured, coloured
colourless = shown_on_a_terminal({"NO_COLOR": "1"})
assert b"\r" in colourless, colourless
assert not any(b"\x1b[3%dm" % n in colourless for n in range(8)), colourless
print("signals: suspended, resumed, aborted; progress on pipe and terminal")
