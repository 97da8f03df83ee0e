"""Writes the configuration templates as a table in C. usage: profiles.py OUTPUT TEMPLATE..."""

import pathlib
import sys


def quoted(line):
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"'


rows = []
for path in map(pathlib.Path, sys.argv[2:]):
    text = "\n".join(f"      {quoted(line)}" for line in path.read_text().splitlines())
    rows.append(f'    {{ "{path.stem}",\n{text} }},\n')
pathlib.Path(sys.argv[1]).write_text(
    "/* Made from config/ by tools/profiles.py. */\n#include \"cli/profiles.h\"\n\nconst struct profile profiles[] = {\n" + "".join(rows)
    + "    { NULL, NULL },\n};\n")
