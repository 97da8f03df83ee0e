"""The table of docs/troubleshooting.md from src/observe/problem.def, as utcctl doctor tells it. usage: trouble_table.py > table; --write puts it in place."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/troubleshooting.md"
BEGIN, END = "<!-- from src/observe/problem.def -->\n", "<!-- end -->\n"
ROW = re.compile(r'^PROBLEM\((\w+), "([^"]+)", (true|false),\s*((?:"(?:[^"\\]|\\.)*",?\s*)+)\)', re.MULTILINE)


def table():
    """The rows as Markdown."""
    lines = ["| what is told | cause | what to do |", "|---|---|---|"]
    for match in ROW.finditer((ROOT / "src/observe/problem.def").read_text()):
        symptom, cause, fix = texts(match.group(4))
        lines.append(f"| **{symptom.replace('{}', '…')}** (`{match.group(2)}`) | {cause} | {fix.replace('{}', '…')} |".replace("| |", "|"))
    return "\n".join(lines) + "\n"


def texts(arguments):
    """Three arguments, each of one or more literals side by side."""
    found = [""]
    for literal, comma in re.findall(r'"((?:[^"\\]|\\.)*)"(,?)', arguments):
        found[-1] += literal.replace('\\"', '"')
        if comma:
            found.append("")
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        before, rest = PAGE.read_text().split(BEGIN)
        PAGE.write_text(before + BEGIN + table() + END + rest.split(END)[1])
    else:
        sys.stdout.write(table())
