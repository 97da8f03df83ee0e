#!/usr/bin/python3
"""Memory after a minute of requests: resident set by smaps_rollup, and how many shared libraries each process maps."""

import argparse
import pathlib
import time

import lab
import rivals
from lab import ntp, peers, proc, utcd

HOST = "127.0.0.1"
QUICKSTART_PORT = 11123
ONE_KIB_MAX = 4096


def load(port, seconds, per_second):
    """Requests at a steady rate; how many were answered, and in how many seconds."""
    answered, begin = 0, time.monotonic()
    with ntp.Client(HOST, port) as client:
        for n in range(seconds * per_second):
            client.send(ntp.request())
            answered += client.receive(0.1) is not None
            time.sleep(max(0, begin + (n + 1) / per_second - time.monotonic()))
    return answered, time.monotonic() - begin


def memory_kib(pid):
    """(resident, private dirty)."""
    rows = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return tuple(int(rows[key].split()[0]) for key in ("Rss", "Private_Dirty"))


def libraries(pid):
    """Shared objects mapped, the loader and the kernel's own left out."""
    names = {line.split()[-1] for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines() if ".so" in line}
    return sorted(pathlib.Path(name).name for name in names if "/ld-" not in name)


def measure(name, process, port, seconds, per_second):
    """Rows of the table; the resident set of the process that was started and of all, in KiB; a sentence on the load."""
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.1), what=process.log)
    answered, took = load(port, seconds, per_second)
    rows, total = [], 0
    for pid in sorted(proc.session_members(process.pid)):
        resident, dirty = memory_kib(pid)
        total += resident
        rows.append(f"| {name} | {pathlib.Path(f'/proc/{pid}/comm').read_text().strip()} | {resident} | {dirty} | {len(libraries(pid))} |")
    if len(rows) > 1:
        rows.append(f"| {name} | sum | {total} | | |")
    own = memory_kib(process.pid)[0]
    print(f"{name}: {', '.join(libraries(process.pid))}")
    process.stop()
    return rows, own, total, f"{name}: {answered} of {seconds * per_second} requests answered in {took:.0f} s."


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
        one, one_kib, _, one_load = measure("simple-utcd, one-process", Quickstart(directory, utcd.ONE_PROCESS), QUICKSTART_PORT, args.seconds, args.rate)
        many, _, many_kib, many_load = measure("simple-utcd, processes", Quickstart(directory, utcd.PROCESSES), QUICKSTART_PORT, args.seconds, args.rate)
        chronyd = peers.Chronyd(directory, lines=("local stratum 10",))
        theirs, _, _, their_load = measure("chronyd", chronyd, chronyd.port, args.seconds, args.rate)
    finally:
        proc.stop_all()
        proc.remove(directory)
    table = ["| daemon | process | RSS KiB | private dirty KiB | shared libraries |", "| --- | --- | --- | --- | --- |", *one, *many, *theirs]
    goals = [rivals.Goal("RSS of the one process, KiB", [one_kib], ONE_KIB_MAX, None, at_least=False)]
    lab.write("footprint", "Memory", "\n".join([
        *rivals.goals_table(goals, digits=0), "", f"With a process for each role: {many_kib} KiB in all, what they share counted in each.", "", *table, "",
        f"config/quickstart.yaml, after {args.seconds} s at {args.rate} requests a second: Rss of smaps_rollup. Programs of their own beside the one process, as the quick",
        "start asks for them: simple-utcd-admin, which answers HTTP, and simple-utcd-res, the resolver, there while a name is looked up.", "",
        one_load, many_load, their_load]))
    return 0 if one_kib <= ONE_KIB_MAX else 1


if __name__ == "__main__":
    raise SystemExit(main())
