"""simple-utcd and utcctl under test."""

import contextlib
import json
import os
import pathlib

from lib import ntp, proc

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).absolute()
DAEMON, UTCCTL = BUILD / "simple-utcd", BUILD / "utcctl"

ONE_PROCESS, PROCESSES = "one-process", "processes"
MODES = [ONE_PROCESS, PROCESSES]
OURS = ("==ERROR:", "runtime error:", "Assertion", "assertion failed")     # sanitizers and our own asserts

LOCAL = {"stratum": 10, "error": "1s"}


def source(port, host="127.0.0.1", **more):
    """A source polled four times a second at least."""
    return {"server": host, "port": port, "iburst": True, "min_poll": -2, "max_poll": 0, **more}


def checked(text):
    """A whole file of clock.drift_file: its last line is FNV-1a of the lines before."""
    checksum = 2166136261
    for byte in text.encode():
        checksum = (checksum ^ byte) * 16777619 % 2**32
    return f"{text}checksum {checksum:08x}\n"


def drift_text(freq_ppm, skew_ppm=0.1):
    """Of version 1, that knew the frequency alone."""
    return checked(f"simple-utcd drift 1\nfreq_ppm {freq_ppm:.9f}\nskew_ppm {skew_ppm:.9f}\n")


def memory_text(freq_ppm=0, skew_ppm=0.1, saved_s=0, stepped_s=0, once=1, stated_s=0):
    """Of version 2, without any source's noise."""
    return checked(f"simple-utcd clock 2\nfreq_ppm {freq_ppm:.9f}\nskew_ppm {skew_ppm:.9f}\nknown 1\nwander 1e-09\nsaved_ns {saved_s * 10**9}\n"
                   f"saved_raw_ns 0\nstepped_ns {stepped_s * 10**9}\nsynchronised_once {once}\n"
                   + (f"stated_ns {stated_s * 10**9}\n" if stated_s else ""))


def memory_of(text):
    """{key: number} of a file written by the daemon, once its checksum is found right; sources under "sources"."""
    lines = text.splitlines()
    assert lines[0] == "simple-utcd clock 2" and checked("".join(line + "\n" for line in lines[:-1])) == text, text
    rows = [line.split() for line in lines[1:-1]]
    return {**{row[0]: float(row[1]) for row in rows if row[0] != "source"}, "sources": {row[1]: row[2:] for row in rows if row[0] == "source"}}


class Utcd(proc.Process):
    """One daemon with a run directory of its own; a virtual clock and no source unless the configuration says otherwise."""

    def __init__(self, directory, config, mode=ONE_PROCESS, name="simple-utcd", args=(), prefix=(), env=None, daemon=DAEMON):
        directory = pathlib.Path(directory)
        self.run_dir = directory / name
        self.run_dir.mkdir(mode=0o755, exist_ok=True)
        self.config = {"sources": [], "clock": {"mode": "virtual"}, "process": {"run_dir": str(self.run_dir)}, "log": {"target": "stderr"}}
        for section, keys in config.items():
            self.config[section] = {**self.config[section], **keys} if section in self.config and isinstance(keys, dict) else keys
        self.config_path = directory / f"{name}.yaml"
        self.config_path.write_text(json.dumps(self.config, indent=1))
        self.mode = mode
        argv = [*prefix, daemon, "--config", self.config_path, *(["--one-process"] if mode == ONE_PROCESS else []), *args]
        super().__init__(name, argv, directory, env)

    @property
    def socket_path(self):
        return self.run_dir / "control.sock"

    def ctl(self, *args, **kwargs):
        """utcctl about this daemon: CompletedProcess."""
        return proc.run([UTCCTL, *args, "--socket", self.socket_path], **kwargs)

    def roles(self):
        """{role: pid} of the processes below the parent, by the names they carry."""
        found = {}
        for pid in proc.session_members(self.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):    # it may end while we look
                if pid != self.pid:
                    found[open(f"/proc/{pid}/comm").read().strip().rpartition("-")[2]] = pid
        return found

    def status(self):
        """Everything utcctl knows, or None while nobody answers."""
        done = self.ctl("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def counters(self, service="NTP"):
        """(requests, {verdict label: count}) of one service."""
        row = next(s for s in self.status()["services"] if s["name"] == service)
        return row["requests"], row["verdicts"]

    def wait_status(self, condition, timeout=10, what="the status never came"):
        """Poll status until condition(status); the status."""
        last = None

        def look():
            nonlocal last
            assert self.running(), f"{self.name} ended:\n{self.log()}"
            last = self.status()
            return last is not None and condition(last) and last
        return proc.wait_for(look, timeout, every=0.1, what=lambda: f"{what}; last status: {json.dumps(last, indent=1)}")

    def wait_synchronised(self, timeout=10):
        return self.wait_status(lambda s: s["clock"]["status"] == "synchronised", timeout, "not synchronised")

    def wait_answering(self, host, port, timeout=5):
        """Until NTP is answered at all; the answer."""
        def look():
            assert self.running(), f"{self.name} ended:\n{self.log()}"
            return ntp.ask(host, port, timeout=0.1)
        return proc.wait_for(look, timeout, every=0.005, what=lambda: f"no NTP answer:\n{self.log()}")

    def bugs(self):
        """Lines of the log that only a bug of ours prints."""
        return [line for line in self.log().splitlines() if any(mark in line for mark in OURS)]
