"""tools/tally.py counts every kind of report, and does not let a crash, an empty lane or an unpermitted skip pass."""

import json
import pathlib
import subprocess
import sys
import tempfile

import tap

FAILED_Y = '<t><testcase name="x"/><testcase name="y"><failure/></testcase></t>'

# {file: text} of the results folder -> the last line and whether it ends with 0.
CASES = [
    ("a lane without a report is one test", {"a.lane": "0 1"}, "1 passed, 0 failed, 0 skipped", True),
    ("a failed lane", {"a.lane": "1 1"}, "0 passed, 1 failed, 0 skipped", False),
    ("nothing at all", {}, "0 passed, 0 failed, 0 skipped", False),
    ("meson's subtests", {"a.lane": "0 1", "a.json": [("OK", "1..2\nok 1 - x\nok 2 - y\n")]}, "2 passed, 0 failed, 0 skipped", True),
    ("a program that dies after its subtests", {"a.lane": "1 1", "a.json": [("ERROR", "ok 1 - x\n")]}, "1 passed, 1 failed, 0 skipped", False),
    ("a failed subtest is counted once", {"a.lane": "1 1", "a.json": [("FAIL", "ok 1 - x\nnot ok 2 - y\n")]}, "1 passed, 1 failed, 0 skipped", False),
    ("a timeout", {"a.lane": "1 1", "a.json": [("TIMEOUT", "")]}, "0 passed, 1 failed, 0 skipped", False),
    ("a permitted skip", {"a.lane": "0 1", "a.tap": "ok 1 - may # SKIP no kernel\nok 2 - x\n"}, "1 passed, 0 failed, 1 skipped", True),
    ("another skip", {"a.lane": "0 1", "a.tap": "ok 1 - must # SKIP no package\nok 2 - x\n"}, "1 passed, 1 failed, 0 skipped", False),
    ("a report without a test", {"a.lane": "0 1", "a.xml": "<testsuites><testsuite/></testsuites>"}, "0 passed, 1 failed, 0 skipped", False),
    ("JUnit", {"a.lane": "1 1", "a.xml": FAILED_Y}, "1 passed, 1 failed, 0 skipped", False),
    ("one that passed when tried again", {"a.lane": "0 1", "a.xml": FAILED_Y, "a.again.xml": '<t><testcase name="y"/></t>'}, "2 passed, 0 failed, 0 skipped", True),
    ("one that failed again", {"a.lane": "1 1", "a.xml": FAILED_Y, "a.again.xml": '<t><testcase name="y"><error/></testcase></t>'}, "1 passed, 1 failed, 0 skipped", False),
    ("another was tried again", {"a.lane": "1 1", "a.xml": FAILED_Y, "a.again.xml": '<t><testcase name="x"/></t>'}, "1 passed, 1 failed, 0 skipped", False),
    ("a broken report", {"a.lane": "0 1", "a.xml": "<t>"}, "0 passed, 1 failed, 0 skipped", False),
]


def outcome(tally, files):
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        for name, text in files.items():
            if name.endswith(".json"):
                text = "\n".join(json.dumps({"name": "p:s / n", "result": result, "stdout": out}) for result, out in text)
            (folder / name).write_text(text)
        skips = folder / "skips"
        skips.write_text("# comment\na/may*  the kernel has none\n")
        done = subprocess.run([sys.executable, tally, folder, skips], capture_output=True, text=True)
        return done.stdout.splitlines()[-1], done.returncode == 0


def check(case):
    _, files, line, good = case

    def one(root):
        got = outcome(root / "tools/tally.py", files)
        return [] if got == (line, good) else [f"{got} instead of {(line, good)}"]
    return one


if __name__ == "__main__":
    tap.run(sys.argv[1], [(case[0], check(case), None) for case in CASES])
