"""The bank of bad inputs, tests/bank.tsv: every case has a test named by its id, or a feature that it waits for, never neither and never both.

A test is named by an id where its name carries it: a function test_CFG_01_... or NTP_05_..., a row "KE-06 ..." or "KE_06_...", a story CLK-02-....story.
`bank_test.py ROOT --list` prints which tests each case has; the waiting cases stand in docs/status.md as --waiting prints them."""

import pathlib
import re
import sys

import tap

ROW = re.compile(r"([A-Z]+)-(\d\d)\t[^\t]+\t([^\t]*)")
ID = re.compile(r"(?<![A-Za-z])([A-Za-z]+)[-_](\d\d)(?!\d)")
PLACES = (("src", "*_test.c"), ("tests", "*_test.py"), ("tests", "*.story"), ("tests/guest/jobs", "*"), ("tools", "reproducible"))
NAME = {".c": re.compile(r'^static void (\w+)\(void \*\*|"([A-Z]+-\d\d[^"]*)"', re.MULTILINE),
        ".py": re.compile(r'^def (test_\w+)\(|"([A-Z]+_\d\d_\w+)"', re.MULTILINE),
        "": re.compile(r"^()\s*echo .*(\b[A-Z]+-\d\d:.*)", re.MULTILINE)}
BEGIN, END = "<!-- bank: waiting -->", "<!-- bank: end -->"


def bank(root):
    """{id: feature it waits for, or ""}, in the table's order."""
    rows = {}
    for line in (root / "tests/bank.tsv").read_text().splitlines():
        row = ROW.fullmatch(line)
        if row:
            rows[f"{row[1]}-{row[2]}"] = row[3]
    return rows


def names(file):
    if file.suffix == ".story" or "jobs" in file.parts:
        return [file.stem]
    return ["".join(found) for found in NAME[file.suffix].findall(file.read_text())]


def tests(root):
    """{id: ["file: name", ...]} of every test that carries an id."""
    found = {}
    for folder, pattern in PLACES:
        for file in sorted((root / folder).rglob(pattern)):
            for name in names(file) if file.is_file() else []:
                for group, number in ID.findall(name):
                    found.setdefault(f"{group.upper()}-{number}", []).append(f"{file.relative_to(root)}: {name}")
    return found


def rows_are_well_formed(root):
    bad = [f"tests/bank.tsv:{n}: no row ID, case, feature" for n, line in enumerate((root / "tests/bank.tsv").read_text().splitlines(), 1)
           if not line.startswith("#") and not ROW.fullmatch(line)]
    numbers = {}
    for group, number in (case.split("-") for case in bank(root)):
        numbers.setdefault(group, []).append(int(number))
    return bad + [f"tests/bank.tsv: {group} is not counted from 1 without a gap" for group, found in numbers.items() if found != list(range(1, len(found) + 1))]


def every_case_is_shown_or_waits(root):
    shown, found = tests(root), []
    for case, feature in bank(root).items():
        if case not in shown and not feature:
            found.append(f"{case}: no test is named by it, and it waits for nothing")
        if case in shown and feature:
            found.append(f"{case} waits for {feature}, and is shown by {shown[case][0]}")
    return found


def every_name_is_in_the_bank(root):
    rows = bank(root)
    groups = {case.split("-")[0] for case in rows}
    return [f"{where[0]}: the bank has no {case}" for case, where in tests(root).items() if case.split("-")[0] in groups and case not in rows]


def span(ids):
    """ "NTS-01..03, 05" of one group's sorted numbers."""
    group, numbers = ids[0].split("-")[0], [int(case.split("-")[1]) for case in ids]
    parts = []
    while numbers:
        last = 0
        while last + 1 < len(numbers) and numbers[last + 1] == numbers[last] + 1:
            last += 1
        parts.append(f"{numbers[0]:02}" + (f"..{numbers[last]:02}" if last else ""))
        numbers = numbers[last + 1:]
    return f"{group}-" + ", ".join(parts)


def waiting(root):
    """The rows of docs/status.md."""
    features = {}
    for case, feature in bank(root).items():
        if feature:
            features.setdefault(feature, {}).setdefault(case.split("-")[0], []).append(case)
    rows = [f"| {feature} | {', '.join(span(ids) for ids in groups.values())} |" for feature, groups in features.items()]
    return ["| waits for | cases |", "|---|---|", *rows]


def status_tells_what_waits(root):
    _, _, told = (root / "docs/status.md").read_text().partition(BEGIN)
    want = "\n".join(waiting(root))
    return [] if told.partition(END)[0].strip() == want else [f"docs/status.md: between {BEGIN} and {END} should stand:", *want.splitlines()]


def told_faults(root):
    """[(cases, what is seen)] of docs/faults.md, ranges written out."""
    table = (root / "docs/faults.md").read_text().partition("<!-- faults: begin -->")[2].partition("<!-- faults: end -->")[0]
    rows = re.findall(r"^\| ([A-Z].*?) \| (.*) \|$", table, re.MULTILINE)
    return [([f"{group}-{n:02}" for group, first, last in re.findall(r"([A-Z]+)-(\d\d)(?:\.\.(\d\d))?", cases)
              for n in range(int(first), int(last or first) + 1)], seen) for cases, seen in rows]


def faults_tell_where_each_is_seen(root):
    """Every case that is built stands once, and names of problems and verdicts are those of the tables."""
    told = [case for cases, _ in told_faults(root) for case in cases]
    built = [case for case, feature in bank(root).items() if not feature]
    problems = set(re.findall(r'^PROBLEM\(\w+, "([^"]+)"', (root / "src/observe/problem.def").read_text(), re.MULTILINE))
    verdicts = set(re.findall(r'^VERDICT\(\w+, "([^"]+)"', (root / "src/base/verdict.def").read_text(), re.MULTILINE))
    found = [f"docs/faults.md: {case} is told {told.count(case)} times" for case in built if told.count(case) != 1]
    found += [f"docs/faults.md: {case} is not built" for case in told if case not in built]
    for _, seen in told_faults(root):
        found += [f"docs/faults.md: no problem {name}" for name in re.findall(r"\*\*([^*]+)\*\*", seen) if name not in problems]
        found += [f"docs/faults.md: no verdict {name}" for name in re.findall(r"`([a-z_]+)`", seen) if name not in verdicts]
    return found


def plant_faults(root):
    plant("TD-01\tcase\t\n")(root)
    tap.write(root, "src/observe/problem.def", "")
    tap.write(root, "src/base/verdict.def", "")
    tap.write(root, "docs/faults.md", "")


def plant(row, test="", status=""):
    def make(root):
        tap.write(root, "tests/bank.tsv", row)
        tap.write(root, "tests/system/some_test.py", test)
        tap.write(root, "docs/status.md", status)
    return make


CHECKS = [("bank: rows are well formed", rows_are_well_formed, plant("TD-02\tcase\t\n")),
          ("bank: every case has a test or waits for a feature", every_case_is_shown_or_waits, plant("TD-01\tcase\t\n")),
          ("bank: no case has both", every_case_is_shown_or_waits, plant("TD-01\tcase\tTIME\n", "def test_TD_01_case(lab):\n")),
          ("bank: no test carries an id that is not there", every_name_is_in_the_bank, plant("TD-01\tcase\t\n", "def test_TD_02_case(lab):\n")),
          ("bank: docs/faults.md tells where each fault is seen", faults_tell_where_each_is_seen, plant_faults),
          ("bank: docs/status.md tells what waits", status_tells_what_waits, plant("TD-01\tcase\tTIME\n"))]

if __name__ == "__main__":
    ROOT = pathlib.Path(sys.argv[1])
    if "--list" in sys.argv:
        SHOWN = tests(ROOT)
        print("\n".join(f"{case}\t{'; '.join(SHOWN.get(case, []))}{feature and 'waits for ' + feature}" for case, feature in bank(ROOT).items()))
    elif "--waiting" in sys.argv:
        print("\n".join(waiting(ROOT)))
    else:
        tap.run(ROOT, CHECKS)
