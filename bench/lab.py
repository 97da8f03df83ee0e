"""Ground for measurements: the tests' sandbox and programs, figures as text, results with the command that made them."""

import datetime
import os
import pathlib
import platform
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench/results"
sys.path.insert(0, str(ROOT / "tests"))

from lib import ntp, peers, proc, sandbox, utcd  # noqa: E402, F401 (the path comes first; handed on to the benches)

sandbox.enter()


def spread(values, unit="", digits=2):
    """'median (min-max) unit'."""
    if not values:
        return "-"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f}){unit}"


def commit():
    """What was built from; a + for a tree with changes."""
    known = proc.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"])
    return known.stdout.strip() if known.returncode == 0 else "no commit"


def write(name, title, body):
    """bench/results/NAME.md: what was measured, where, by which command."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    version = proc.run([utcd.DAEMON, "--version"]).stdout.strip()
    peer = re.search(r"version (\S+)", proc.run([peers.binary("chronyd"), "--version"]).stdout)[1]
    command = "/usr/bin/python3 bench/" + " ".join([pathlib.Path(sys.argv[0]).name, *sys.argv[1:]])
    text = "\n".join([f"# {title}", "", body, "", f"Command: `{command}`", "",
                      f"{version} ({commit()}), chronyd {peer}; Linux {platform.release()}, {os.cpu_count()} CPUs; {datetime.date.today()}.", ""])
    (RESULTS / f"{name}.md").write_text(text)
    print(text)
