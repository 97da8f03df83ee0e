"""Structure tests in TAP: named checks that return what they found wrong.

A check is a function(root) -> list of violations. Each also has a plant: a function(root) that puts one violation into a copy of
an otherwise clean tree. A check that does not find its own plant fails, so none of them can pass by not looking."""

import pathlib
import sys
import tempfile


def run(root, checks):
    """checks: list of (name, check, plant); plant is None when the check proves itself."""
    failed = 0
    results = []
    for name, check, plant in checks:
        results.append((name, check(pathlib.Path(root))))
        if plant:
            with tempfile.TemporaryDirectory() as temp:
                plant(pathlib.Path(temp))
                found = check(pathlib.Path(temp))
            results.append((name + ": finds a planted violation", [] if found else ["the planted violation was not found"]))
    print(f"1..{len(results)}")
    for number, (name, violations) in enumerate(results, 1):
        print(f"{'not ok' if violations else 'ok'} {number} - {name}")
        for violation in violations:
            print(f"# {violation}")
        failed += bool(violations)
    sys.exit(1 if failed else 0)


def write(root, path, text):
    """Write one file of a planted tree."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
