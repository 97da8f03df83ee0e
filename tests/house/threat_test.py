"""The threat model, docs/threat-model.md: every attacker that there is has a row, every row a defence and a test that is here, or says that it is not built yet."""

import re
import sys

import tap

PAGE = "docs/threat-model.md"
# Who attacks a time daemon: beginnings of first cells, each of which has to be there.
ATTACKERS = ("off the path", "on the path", "a source that lies", "a client", "a client of key establishment", "a peer of a cluster", "a PTP master", "a GNSS spoofer",
             "a user of the machine", "a browser or HTTP client", "code in serve", "code in ke", "an NTS server", "code in core", "code in admin", "a failing system", "the chain of supply")
NOT_BUILT = "not built yet"
TEST = re.compile(r"tests/[\w./-]+|src/\w+/\w+_test\.c|fuzz/\w+\.c|tools/\w+")


def rows(root):
    """[(line number, attacker, what he tries, defence, shown by)]"""
    found = []
    for number, line in enumerate((root / PAGE).read_text().splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] != "attacker":
            found.append((number, *cells))
    return found


def every_attacker_has_a_row(root):
    there = {row[1] for row in rows(root)}
    return [f"{PAGE}: no row for \"{who}\"" for who in ATTACKERS if not any(attacker == who or attacker.startswith(who + " ") for attacker in there)]


def every_defence_is_shown(root):
    wrong = []
    for number, attacker, tries, defence, shown in rows(root):
        named = [name for name in re.findall(r"`([^`]+)`", shown) if TEST.fullmatch(name)]
        if not tries or not defence:
            wrong.append(f"{PAGE}:{number}: what {attacker} tries or what is done about it is missing")
        if not named and not defence.startswith(NOT_BUILT):
            wrong.append(f"{PAGE}:{number}: no test shows what is done about {attacker}")
    return wrong


def every_test_is_there(root):
    return [f"{PAGE}:{number}: there is no {name}" for number, *_, shown in rows(root) for name in re.findall(r"`([^`]+)`", shown)
            if "/" in name and not (root / name).exists()]


def page(*lines):
    def plant(root):
        tap.write(root, PAGE, "| attacker | what he tries | defence | shown by |\n|---|---|---|---|\n" + "".join(line + "\n" for line in lines))
    return plant


WHOLE = [f"| {who} | something | something | `tests/x_test.py` |" for who in ATTACKERS[1:]]

tap.run(sys.argv[1], [
    ("every attacker has a row", every_attacker_has_a_row, page(*WHOLE)),
    ("every defence is shown by a test", every_defence_is_shown, page("| off the path | guesses | random numbers | a figure |")),
    ("every test that is named is there", every_test_is_there, page("| off the path | guesses | random numbers | `tests/none_test.py` |")),
])
