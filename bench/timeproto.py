#!/usr/bin/python3
"""What a request of RFC 868 TIME costs the server, beside xinetd: over UDP in a closed loop, over TCP with clients that connect, read and close. Both take
turns; judged is the CPU time for each request."""

import argparse
import json

import lab
import rivals
from rivals import Goal, XINETD, proc, ratios

UTCD = "simple-utcd"
CLIENTS = "8"
# title: (generator, its arguments, must, stretch)
FIGURES = {
    "UDP": ("load", ["--time", "1", "--outstanding", CLIENTS], 1 / 8, 1 / 12),
    "TCP": ("connect", ["--clients", CLIENTS], 1 / 2, 1 / 3),
}


def table(runs):
    rows = ["| service | server | answers/s | CPU us/request | of xinetd's CPU |", "| --- " * 5 + "|"]
    for title, of in runs.items():
        for name, taken in of.items():
            rows.append(f"| {title} | {name} | {lab.spread(rivals.column(taken, 'per_second'), digits=0)} | {lab.spread(rivals.column(taken, 'cpu_us'))} | "
                        f"{lab.spread(ratios(taken, of[XINETD], 'cpu_us'), digits=3)} |")
    return rows


def goals(runs):
    return [Goal(f"TIME over {title}, CPU per request to xinetd", ratios(of[UTCD], of[XINETD], "cpu_us"), round(FIGURES[title][2], 3), round(FIGURES[title][3], 3),
                 at_least=False, noisy=rivals.is_noisy(of[XINETD], "cpu_us")) for title, of in runs.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (default 7)")
    parser.add_argument("--seconds", type=float, default=0.8, help="length of one run (default 0.8)")
    args = parser.parse_args()
    directory = proc.scratch()
    try:
        known = {XINETD: rivals.xinetd(directory), UTCD: rivals.ours(directory, service="time")}
        runs = {title: {name: [] for name in known} for title in FIGURES}
        for _ in range(args.rounds):
            for title, (program, load, *_) in FIGURES.items():
                for name, server in known.items():
                    runs[title][name].append(rivals.measure(server, [*load, "--seconds", str(args.seconds)], directory, program))
    finally:
        proc.remove(directory)
    wrong = sum(run["bad"] for of in runs.values() for taken in of.values() for run in taken)
    raw = {title: {name: {key: [round(run[key], 2) for run in taken] for key in ("per_second", "cpu_us")} for name, taken in of.items()} for title, of in runs.items()}
    lab.write("timeproto", "TIME beside xinetd", "\n".join([
        *rivals.goals_table(goals(runs), digits=3), "", *table(runs), "",
        f"{args.rounds} rounds of {args.seconds} s, {CLIENTS} clients or requests outstanding; generator on the first CPU, server on the last one, SCHED_RR 20. "
        f"Bad or missing answers: {wrong}.", "", "```json", json.dumps(raw), "```"]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
