"""usage: coverage_table.py SUMMARY.json: gcovr's summary of files as one table of rooms (folders of src/)."""

import collections
import json
import sys

PLURAL = {"line": "lines", "function": "functions", "branch": "branches"}


def percent(covered, total):
    return f"{100 * covered / total:.1f}" if total else "-"


# What has to be run: of the whole, and of each file.
GOALS = {"line": 92, "branch": 85}
FILE_LINES = 80


def print_short(summary):
    """What is below the goals."""
    for kind, goal in GOALS.items():
        if summary[f"{kind}_percent"] < goal:
            print(f"{summary[f'{kind}_percent']} % of the {PLURAL[kind]}: {goal} % are wanted")
    for entry in sorted(summary["files"], key=lambda entry: entry["line_percent"]):
        if entry["line_total"] and entry["line_percent"] < FILE_LINES:
            print(f"{entry['filename']}: {entry['line_percent']} % of {entry['line_total']} lines, {FILE_LINES} % are wanted")


def main():
    with open(sys.argv[1]) as file:
        summary = json.load(file)
    rooms = collections.defaultdict(collections.Counter)
    for entry in summary["files"]:
        for room in (entry["filename"].split("/")[1], "all"):
            for kind in PLURAL:
                rooms[room].update({f"{kind}_{part}": entry[f"{kind}_{part}"] for part in ("covered", "total")})
    print(f"{'room':<12}{'lines':>8}" + "".join(f"{PLURAL[kind] + ' %':>14}" for kind in PLURAL))
    for room in sorted(rooms, key=lambda name: (name == "all", name)):
        counts = rooms[room]
        print(f"{room:<12}{counts['line_total']:>8}" + "".join(f"{percent(counts[f'{kind}_covered'], counts[f'{kind}_total']):>14}" for kind in PLURAL))
    print_short(summary)


if __name__ == "__main__":
    main()
