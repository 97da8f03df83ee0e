#!/usr/bin/python3
"""What utc_now, utc_now_checked, utc_stamp and utc_after cost beside one clock_gettime(CLOCK_REALTIME), in the same run and in turn."""

import argparse
import json
import os
import statistics

import lab
from lab import proc, utcd

CALLS = ["clock_gettime(CLOCK_REALTIME)", "utc_now", "utc_now_checked", "utc_stamp", "utc_after"]
GOALS = {"utc_now": 1.4, "utc_now_checked": 3.6}


def measure(directory, rounds, calls):
    """A list of nanoseconds for each of CALLS, against the page of a running daemon."""
    config = directory / "utcd.yaml"
    config.write_text(json.dumps({"clock": {"mode": "virtual"}, "sources": [], "local": utcd.LOCAL, "process": {"run_dir": str(directory / "run")}}))
    (directory / "run").mkdir()
    daemon = proc.Process("simple-utcd", [utcd.DAEMON, "--config", config, "--one-process"], directory)
    proc.wait_for(lambda: proc.run([utcd.UTCCTL, "status", "--socket", directory / "run/control.sock"]).returncode == 0, what=daemon.log)
    quiet = ["chrt", "-f", "20"] if proc.run(["chrt", "-f", "20", "true"]).returncode == 0 else []
    done = proc.run([*quiet, utcd.BUILD / "bench/libutc-cost", directory / "run/page", str(rounds), str(calls)], check=True)
    daemon.stop()
    return list(zip(*[[float(ns) for ns in line.split()] for line in done.stdout.splitlines()])), bool(quiet)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=40, help="how often each kind has its turn (default 40)")
    parser.add_argument("--calls", type=int, default=100000, help="calls a turn (default 100000)")
    asked = parser.parse_args()
    directory = proc.scratch()
    try:
        taken, quiet = measure(directory, asked.rounds, asked.calls)
    finally:
        proc.remove(directory)
    rows = ["| call | ns, median (min-max) | of clock_gettime, round by round: median (min-max) | goal |", "| --- | --- | --- | --- |"]
    ratios = {name: [a / b for a, b in zip(ns, taken[0])] for name, ns in zip(CALLS, taken)}
    for name, ns in zip(CALLS, taken):
        rows.append(f"| {name} | {lab.spread(ns, digits=1)} | {lab.spread(ratios[name])} | {GOALS.get(name, '')} |")
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    rows += ["", f"{asked.rounds} rounds of {asked.calls} calls of each, in turn; {'SCHED_FIFO' if quiet else 'no real-time priority'}; load of the machine {load}. "
             "None of them makes a system call (`tests/system/libutc_test.py`)."]
    lab.write("libutc", "Reading the time with its bound", "\n".join(rows))
    return 0 if all(statistics.median(ratios[name]) <= goal for name, goal in GOALS.items()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
