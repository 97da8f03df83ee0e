"""Add up the lanes' results and print one last line: 'N passed, N failed, N skipped'.

usage: tally.py RESULTS PERMITTED_SKIPS

RESULTS holds NAME.lane ("exit-status seconds") per lane and, where the lane ran tests of its own, their report beside it:
NAME.json (meson's test log, one JSON object a line; TAP subtests are counted one by one), NAME.xml (JUnit, as pytest writes it) or
NAME.tap. NAME.again.xml is of failed tests that were tried again alone: one that passed there is counted as passed, and named.
A lane that failed without a failed test, or that ran no test where it should have, is one failure. A skip that no row of
PERMITTED_SKIPS names (a glob over "lane/test", then two spaces and the reason) is a failure."""

import fnmatch
import json
import pathlib
import re
import sys
import xml.etree.ElementTree

TAP_LINE = re.compile(r"^(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s*([^#]*?)\s*(?:#\s*(\S+)\s*(.*))?$")


def from_tap(name, text):
    """(test, outcome, reason) of each subtest."""
    for line in text.splitlines():
        match = TAP_LINE.match(line)
        if match:
            bad, what, directive, reason = match.groups()
            skipped = (directive or "").upper() == "SKIP"
            yield f"{name}/{what}", "failed" if bad else "skipped" if skipped else "passed", reason or ""


def from_meson(path):
    for line in path.read_text().splitlines():
        test = json.loads(line)
        name = test["name"].split(" / ")[-1].strip()
        rows = list(from_tap(name, test.get("stdout", "")))
        yield from rows
        if test["result"] == "SKIP" and not rows:
            yield name, "skipped", test.get("stdout", "").strip()
        elif test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
            if not any(outcome == "failed" for _, outcome, _ in rows):
                yield name, "failed", f"{test['result']}, exit status {test.get('returncode')}"
        elif not rows:
            yield name, "passed", ""


def from_junit(path):
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname', '').split('.')[-1]}.{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            yield name, "failed", ""
        elif skip is not None:
            yield name, "skipped", skip.get("message", "")
        else:
            yield name, "passed", ""


def from_tap_file(path):
    for name, outcome, reason in from_tap("", path.read_text()):
        yield name.lstrip("/"), outcome, reason


READERS = {".json": from_meson, ".xml": from_junit, ".tap": from_tap_file}


def tried_again(rows, path):
    """rows, where a test that failed but passed in the report of second tries has passed, with a remark."""
    again = {name: outcome for name, outcome, _ in from_junit(path)} if path.exists() else {}
    for name, outcome, reason in rows:
        if outcome == "failed" and again.get(name) == "passed":
            yield name, "passed", "at the second try"
        else:
            yield name, outcome, reason


def of_lane(lane):
    """Every result of one lane, and its seconds."""
    status, seconds = (int(word) for word in lane.read_text().split())
    reports = [lane.with_suffix(suffix) for suffix in READERS if lane.with_suffix(suffix).exists()]
    if not reports:
        return [(lane.stem, "failed" if status else "passed", f"exit status {status}" if status else "")], seconds
    rows = []
    try:
        for report in reports:
            rows += tried_again(READERS[report.suffix](report), lane.with_suffix(".again.xml"))
    except (ValueError, KeyError, xml.etree.ElementTree.ParseError) as error:
        rows.append((lane.stem, "failed", f"its report cannot be read: {error}"))
    rows = [(f"{lane.stem}/{name}", outcome, reason) for name, outcome, reason in rows]
    if status and not any(outcome == "failed" for _, outcome, _ in rows):
        rows.append((lane.stem, "failed", f"exit status {status}"))
    if not rows:
        rows.append((lane.stem, "failed", "it ran no test"))
    return rows, seconds


def permitted(path):
    """Globs of the tests that may be skipped."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [line.split("  ")[0] for line in lines]


def main(results, skips_file):
    globs = permitted(pathlib.Path(skips_file))
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    notes = []
    print()
    for lane in sorted(pathlib.Path(results).glob("*.lane"), key=lambda path: path.stat().st_mtime):
        rows, seconds = of_lane(lane)
        counts = dict.fromkeys(totals, 0)
        for name, outcome, reason in rows:
            if outcome == "skipped" and not any(fnmatch.fnmatchcase(name, glob) for glob in globs):
                outcome, reason = "failed", f"skipped without permission: {reason}"
            counts[outcome] += 1
            if outcome != "passed" or reason:
                notes.append(f"{outcome}: {name}{': ' + reason if reason else ''}")
        print(f"{lane.stem:24} {counts['passed']:5} passed {counts['failed']:4} failed {counts['skipped']:4} skipped {seconds:5} s")
        for outcome, count in counts.items():
            totals[outcome] += count
    print("\n".join(["", *notes]) if notes else "")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**totals))
    return 1 if totals["failed"] or not totals["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
