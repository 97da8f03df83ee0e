#!/usr/bin/env python3
"""tools/embed.py OUTPUT FILE...: a C header with the text of each file, named web_ and the file's name."""

import pathlib
import sys


def literal(line):
    return '    "' + line.replace("\\", "\\\\").replace('"', '\\"').replace("??", "?\\?") + '\\n"'


def main():
    output, *files = sys.argv[1:]
    text = ["/* Made by tools/embed.py. */"]
    for file in map(pathlib.Path, files):
        content = file.read_text(encoding="ascii")
        text += [f"static const char web_{file.name.replace('.', '_')}[] =", *map(literal, content.splitlines()), "    ;"]
    pathlib.Path(output).write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
