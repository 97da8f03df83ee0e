#!/usr/bin/python3
"""What a request of RFC 868 TIME costs the server, beside xinetd: over UDP in a closed loop, over TCP with clients that connect, read and close. Both take
turns; judged is the CPU time for each request with the clients on a CPU of their own, as in every other measurement here. With the clients on the server's CPU
nobody ever has to be woken, which is the greatest part of what xinetd's UDP otherwise costs; those rows are told as well, and not judged."""

import argparse
import json

import lab
import rivals
from rivals import Goal, XINETD, proc, ratios

UTCD = "simple-utcd"
CLIENTS = "8"
# service: (generator, its arguments, must, stretch)
SERVICES = {
    "UDP": ("load", ["--time", "1", "--outstanding", CLIENTS], 0.125, 0.083),
    "TCP": ("connect", ["--clients", CLIENTS], 0.5, 0.333),
}
OTHER_CPU, SAME_CPU = rivals.cpus()
PLACES = {"clients on the server's CPU": SAME_CPU, "clients on another CPU": OTHER_CPU}


def table(runs):
    rows = ["| service | server | answers/s | CPU us/request | of xinetd's CPU |", "| --- " * 5 + "|"]
    for (service, place), of in runs.items():
        for name, taken in of.items():
            rows.append(f"| {service}, {place} | {name} | {lab.spread(rivals.column(taken, 'per_second'), digits=0)} | "
                        f"{lab.spread(rivals.column(taken, 'cpu_us'))} | {lab.spread(ratios(taken, of[XINETD], 'cpu_us'), digits=3)} |")
    return rows


def goals(runs):
    return [Goal(f"TIME over {service}, {place}: CPU per request to xinetd", ratios(of[UTCD], of[XINETD], "cpu_us"), *SERVICES[service][2:], at_least=False,
                 noisy=rivals.is_noisy(of[XINETD], "cpu_us")) for (service, place), of in runs.items() if PLACES[place] == OTHER_CPU]


def take_turns(directory, rounds, seconds):
    known = {XINETD: rivals.xinetd(directory), UTCD: rivals.ours(directory, service="time")}
    runs = {(service, place): {name: [] for name in known} for service in SERVICES for place in PLACES}
    for _ in range(rounds):
        for (service, place), of in runs.items():
            program, load = SERVICES[service][:2]
            for name, server in known.items():
                of[name].append(rivals.measure(server, [*load, "--seconds", str(seconds)], directory, program, PLACES[place]))
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (default 7)")
    parser.add_argument("--seconds", type=float, default=0.6, help="length of one run (default 0.6)")
    args = parser.parse_args()
    directory = proc.scratch()
    try:
        runs = take_turns(directory, args.rounds, args.seconds)
    finally:
        proc.remove(directory)
    wrong = sum(run["bad"] for of in runs.values() for taken in of.values() for run in taken)
    raw = {f"{service}, {place}": {name: {key: [round(run[key], 2) for run in taken] for key in ("per_second", "cpu_us")} for name, taken in of.items()}
           for (service, place), of in runs.items()}
    lab.write("timeproto", "TIME beside xinetd", "\n".join([
        *rivals.goals_table(goals(runs), digits=3), "", *table(runs), "",
        f"{args.rounds} rounds of {args.seconds} s, {CLIENTS} clients or requests outstanding; server on the last CPU, SCHED_RR 20. Bad answers: {wrong}.", "",
        "```json", json.dumps(raw), "```"]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
