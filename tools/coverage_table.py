"""usage: coverage_table.py SUMMARY.json: gcovr's summary of files as one table of rooms (folders of src/)."""

import collections
import json
import sys

PLURAL = {"line": "lines", "function": "functions", "branch": "branches"}


def percent(covered, total):
    return f"{100 * covered / total:.1f}" if total else "-"


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


if __name__ == "__main__":
    main()
