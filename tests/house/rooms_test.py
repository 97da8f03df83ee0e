"""Every #include "room/..." of src/ and sim/ is allowed by src/ROOMS, and the table has no circle."""

import re
import sys

import tap

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
SUFFIXES = (".c", ".h", ".def")


def table(root):
    rooms = {}
    for line in (root / "src/ROOMS").read_text().splitlines():
        if line and not line.startswith("#"):
            room, _, below = line.partition(":")
            rooms[room.strip()] = below.split()
    return rooms


def sources(root):
    """(room, file) of everything that is compiled."""
    for top in ("src", "sim"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in SUFFIXES:
                parts = file.relative_to(root).parts
                yield (parts[1] if top == "src" else "sim"), file


def includes_allowed(root):
    rooms, found = table(root), []
    for room, file in sources(root):
        if room not in rooms:
            found.append(f"{file.relative_to(root)}: the room {room} has no row in src/ROOMS")
            continue
        for name in INCLUDE.findall(file.read_text()):
            target = name.split("/")[0]  # "utc" is include/utc, the installed headers
            if "/" not in name:
                found.append(f"{file.relative_to(root)}: name the room of {name}")
            elif target not in [room, *rooms[room], "utc"]:
                found.append(f"{file.relative_to(root)}: {room} may not include {name}")
    return found


def no_circle(root):
    rooms, found = table(root), []

    def visit(room, path):
        if room in path:
            found.append(" -> ".join([*path, room]))
            return
        for below in rooms.get(room, []):
            visit(below, [*path, room])

    for room in rooms:
        visit(room, [])
    return found


def rows_exist(root):
    """A row names rooms that have a row themselves."""
    rooms = table(root)
    return [f"{room}: {below} has no row" for room, row in rooms.items() for below in row if below not in rooms]


def arrows_used(root):
    """What a row allows is done somewhere in the room, so that the table shows the house as it is."""
    used = {(room, name.split("/")[0]) for room, file in sources(root) for name in INCLUDE.findall(file.read_text())}
    return [f"{room}: nothing there includes {below}" for room, row in table(root).items() for below in row if (room, below) not in used]


DOCUMENTED = re.compile(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", re.MULTILINE)


def documented(root):
    """docs/ARCHITECTURE.md has the same rows."""
    told = {room: below.split() for room, below in DOCUMENTED.findall((root / "docs/ARCHITECTURE.md").read_text())}
    return [f"{room}: {' '.join(row)} is documented as {' '.join(told.get(room, ['nothing']))}" for room, row in table(root).items()
            if sorted(told.get(room, [])) != sorted(row)]


def plant_include(root):
    tap.write(root, "src/ROOMS", "base:\nntp: base\nclock: base\n")
    tap.write(root, "src/ntp/packet.c", '#include "base/time.h"\n#include "clock/clock.h"\n')


def plant_circle(root):
    tap.write(root, "src/ROOMS", "base: ntp\nntp: base\n")


def plant_row(root):
    tap.write(root, "src/ROOMS", "ntp: base\n")


def plant_arrow(root):
    tap.write(root, "src/ROOMS", "base:\nntp: base\n")
    tap.write(root, "src/ntp/packet.c", "")


def plant_document(root):
    tap.write(root, "src/ROOMS", "base:\nntp: base\n")
    tap.write(root, "docs/ARCHITECTURE.md", "| `base` | thought |  |\n| `ntp` | thought | clock |\n")


if __name__ == "__main__":
    tap.run(sys.argv[1], [
        ("every include is allowed by src/ROOMS", includes_allowed, plant_include),
        ("the rooms form no circle", no_circle, plant_circle),
        ("every row names rooms that exist", rows_exist, plant_row),
        ("every row allows only what is done", arrows_used, plant_arrow),
        ("docs/ARCHITECTURE.md has the same table", documented, plant_document),
    ])
