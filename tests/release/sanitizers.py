# SPDX-License-Identifier: BSL-1.0
"""R21: builds with a sanitizer and runs all tests under it, the quick counts of the goals among them."""
import outcome
import process
import results

PRESETS = ("asan", "tsan")
LONGEST_S = 3 * 3600


def run(number):
    done = process.run([results.ROOT / ".ci/sanitize", PRESETS[number], "all"], hangs_after_s=LONGEST_S)
    result = outcome.Outcome()
    if done.code != 0:
        result.add("reports", f"{PRESETS[number]} {done}")
    return result
