#!/usr/bin/python3
"""Memory after a minute of requests: resident set by smaps_rollup, and how many shared libraries each process maps."""

import argparse
import pathlib
import time

import lab
from lab import ntp, peers, proc, utcd

HOST = "127.0.0.1"
QUICKSTART_PORT = 11123


def load(port, seconds, per_second):
    """Requests at a steady rate; how many were answered."""
    answered, begin = 0, time.monotonic()
    with ntp.Client(HOST, port) as client:
        for n in range(seconds * per_second):
            client.send(ntp.request())
            answered += client.receive(0.1) is not None
            time.sleep(max(0, begin + (n + 1) / per_second - time.monotonic()))
    return answered


def memory_kib(pid):
    """(resident, private dirty)."""
    rows = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return tuple(int(rows[key].split()[0]) for key in ("Rss", "Private_Dirty"))


def libraries(pid):
    """Shared objects mapped, the loader and the kernel's own left out."""
    names = {line.split()[-1] for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines() if ".so" in line}
    return sorted(pathlib.Path(name).name for name in names if "/ld-" not in name)


def measure(name, process, port, seconds, per_second):
    """Rows of the table, and the resident set of the process that was started, in KiB."""
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.1), what=process.log)
    answered = load(port, seconds, per_second)
    rows, total = [], 0
    for pid in sorted(proc.session_members(process.pid)):
        resident, dirty = memory_kib(pid)
        total += resident
        rows.append(f"| {name} | {pathlib.Path(f'/proc/{pid}/comm').read_text().strip()} | {resident} | {dirty} | {len(libraries(pid))} |")
    if len(rows) > 1:
        rows.append(f"| {name} | sum | {total} | | |")
    own = memory_kib(process.pid)[0]
    print(f"{name}: {answered} of {seconds * per_second} answered, {', '.join(libraries(process.pid))}")
    process.stop()
    return rows, own


class Quickstart(proc.Process):
    """The daemon as `make run` starts it, in a run directory of its own."""

    def __init__(self, directory, mode):
        args = ["--one-process"] if mode == utcd.ONE_PROCESS else []
        super().__init__(mode, [utcd.DAEMON, "--config", lab.ROOT / "config/quickstart.yaml", *args], directory,
                         env={"SIMPLE_UTCD_PROCESS__RUN_DIR": str(directory)})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="how long requests come (default 60)")
    parser.add_argument("--rate", type=int, default=1000, help="requests a second (default 1000)")
    args = parser.parse_args()
    directory = proc.scratch()
    try:
        one, one_kib = measure("simple-utcd, one-process", Quickstart(directory, utcd.ONE_PROCESS), QUICKSTART_PORT, args.seconds, args.rate)
        many, _ = measure("simple-utcd, processes", Quickstart(directory, utcd.PROCESSES), QUICKSTART_PORT, args.seconds, args.rate)
        chronyd = peers.Chronyd(directory, lines=("local stratum 10",))
        theirs, _ = measure("chronyd", chronyd, chronyd.port, args.seconds, args.rate)
    finally:
        proc.stop_all()
        proc.remove(directory)
    table = ["| daemon | process | RSS KiB | private dirty KiB | shared libraries |", "| --- | --- | --- | --- | --- |", *one, *many, *theirs]
    lab.write("footprint", "Memory", "\n".join(table + ["", f"config/quickstart.yaml, after {args.seconds} s at {args.rate} requests a second. "
                                                             "Goal: one-process in 4096 KiB or less, 4 shared libraries at most. "
                                                             "simple-utcd-res is the resolver, there while a name is looked up."]))
    return 0 if one_kib <= 4096 else 1


if __name__ == "__main__":
    raise SystemExit(main())
