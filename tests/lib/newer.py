"""Programs of the Debian release after ours, from a root of their own (tools/deps newer): run by its loader, with its libraries."""

import pathlib
import re

from lib import peers, proc

ROOT = pathlib.Path(peers.ROOT, "build/newer")
# ntpd-rs ends when it may not set the clock. What it asks for is answered with "done" and does nothing.
CLOCK_CALLS = "clock_settime,settimeofday,clock_adjtime,adjtimex"
POWERLESS = ["strace", "-D", "-f", "-q", "-o", "/dev/null", "-e", f"trace={CLOCK_CALLS}", "-e", f"inject={CLOCK_CALLS}:retval=0"]


def argv(program, preload=None):
    loader, library = next(ROOT.glob("lib64/ld-linux-*.so.*"), None), next(ROOT.glob("usr/lib/*-linux-gnu"), None)
    assert loader and library and (ROOT / program).exists(), f"{program} is missing: run tools/deps newer"
    return [str(loader), "--library-path", str(library), *(["--preload", str(preload)] if preload else []), str(ROOT / program)]


def chronyd(directory, *lines, name="newer-chronyd", port=None, preload=None):
    """chronyd in the foreground that touches no clock."""
    return peers.Chronyd(directory, name, port, lines=lines, program=argv("usr/sbin/chronyd", preload))


def chronyd_query(directory, host, port, options="", *lines, preload=None):
    """The offset that chronyd -Q measures."""
    return peers.chronyd_query(directory, host, port, options, *lines, program=argv("usr/sbin/chronyd", preload))


class NtpdRs(proc.Process):
    """ntpd-rs with these tables of TOML."""

    def __init__(self, directory, toml, name="ntpd-rs"):
        self.config = pathlib.Path(directory, f"{name}.toml")
        self.config.write_text(f'[observability]\nlog-level = "info"\nobservation-path = "{directory}/{name}.sock"\n{toml}')
        super().__init__(name, [*POWERLESS, *argv("usr/bin/ntp-daemon"), "-c", str(self.config)], directory)

    def source(self):
        """What it knows of its first source: the offset in seconds, and whether all of the last eight polls were answered; None: nothing yet."""
        done = proc.run([*argv("usr/bin/ntp-ctl"), "-c", str(self.config), "status", "-f", "prometheus"])
        offset = re.search(r"^ntp_source_offset_seconds\{[^}]*\} (\S+)$", done.stdout, re.MULTILINE)
        return float(offset[1]) if offset else None
