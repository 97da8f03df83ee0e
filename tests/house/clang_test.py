"""Every C file suits clang as well as the compiler of this build: clang reads each with its flags, and a warning is an error. The two do not warn of the same:
an int that becomes an enum without a sign passes gcc under -Wconversion and -Wsign-conversion, and the fuzz targets are built by clang alone.

Objects that are older than the last run in which all was well are of files that it has seen, with all they include; only the others are read again.

usage: clang_test.py SOURCE_ROOT BUILD_ROOT"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

import tap

NAME = "every C file suits clang"
# With a word behind them; where the output goes.
OUTPUTS = ("-o", "-MF", "-MQ")


def flags(command):
    """What of a compiler's command line says how the file is meant, and the file."""
    words = iter(shlex.split(command)[1:])
    for word in words:
        if word in OUTPUTS:
            next(words)
        elif not word.startswith(("-f", "-MD")):
            yield word


def complaint(row):
    command = ["clang", "-fsyntax-only", "-Werror", "-Wno-unknown-warning-option", "-Wno-unused-command-line-argument", *flags(row["command"])]
    done = subprocess.run(command, cwd=row["directory"], check=False, capture_output=True, text=True)
    return done.returncode and next((line for line in done.stderr.splitlines() if "error:" in line), f"{row['file']}: clang ends with {done.returncode}")


def changed_since(row, then):
    made = pathlib.Path(row["directory"], row["output"])
    return not made.exists() or made.stat().st_mtime >= then


def complaints(rows):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [found for found in pool.map(complaint, rows) if found]


def not_seen_yet(rows, stamp, version):
    """A stamp of another clang, or older than this file, is none."""
    this = pathlib.Path(__file__).stat().st_mtime
    then = stamp.stat().st_mtime if stamp.exists() and stamp.read_text() == version and stamp.stat().st_mtime > this else 0
    return [row for row in rows if changed_since(row, then)]


def whole_tree(build):
    rows = list({row["file"]: row for row in json.loads((build / "compile_commands.json").read_text())}.values())
    version = subprocess.run(["clang", "--version"], check=True, capture_output=True, text=True).stdout
    stamp, begun = build / "clang-saw-it", build / "clang-looks"
    begun.write_text(version)
    found = complaints(not_seen_yet(rows, stamp, version))
    if found:
        begun.unlink()
    else:
        begun.replace(stamp)
    return found or ([] if rows else ["no file at all"])


def plant(root):
    text = "enum side { LEFT, RIGHT };\nenum side f(int i);\nenum side f(int i) { return i; }\n"
    tap.write(root, "x.c", text)
    row = {"directory": str(root), "file": "x.c", "command": "cc -Wall -Wconversion -std=gnu17 -fstack-clash-protection -o x.o -c x.c", "output": "x.o"}
    tap.write(root, "compile_commands.json", json.dumps([row]))


if __name__ == "__main__":
    if not shutil.which("clang"):
        print(f"1..1\nok 1 - {NAME} # SKIP clang is not installed")
    else:
        tap.run(sys.argv[2], [(NAME, whole_tree, plant)])
