#!/usr/bin/python3
"""How fast NTP is served, beside other daemons and beside the least that any socket server can do (bench/echo.c).

All take turns within every round, so that whatever else the machine does hits all alike; judged are ratios within a round. The ruler is the echo:
where its own rate spreads by more than 1.3 the table says "noisy", and nothing is concluded. The load generator (bench/load.c) has one CPU, the
server another one, but for the comparison of one and two workers, where each CPU has a worker and a generator of its own."""

import argparse
import collections
import json
import shlex
import statistics
import threading
import time

import lab
import rivals
from rivals import CHRONYD, ECHO, NTPSEC, OPENNTPD, Goal, proc, ratios

UTCD, LOGGING, BUSY, ONE, TWO = "simple-utcd", "simple-utcd, client log", "simple-utcd, busy polling", "one worker", "two workers"
LOSS_MAX = 0.001
RUNG = 1.05         # of the open loop's ladder, from one rate to the next
LADDER_START = 0.7  # of the rate of the closed loop
LADDER_TRIES = 3
LADDER_SECONDS = 0.3
ACCURATE_PACE = 0.99
MODERATE = "20000"
TO_START_S = 0.3

# title: (what the load generator is told, who is measured, the column judged)
FIGURES = {
    "closed loop, one source, 128 outstanding": ([], (ECHO, CHRONYD, NTPSEC, OPENNTPD, UTCD, LOGGING), "per_second"),
    "closed loop, two sources": (["--sources", "2"], (ECHO, CHRONYD, LOGGING), "per_second"),
    "closed loop, 100 000 sources": (["--sources", "100000"], (ECHO, CHRONYD, LOGGING), "per_second"),
    "closed loop, interleaved mode asked for": (["--interleaved", "1"], (ECHO, CHRONYD, UTCD), "per_second"),
    "20 000 requests a second": (["--rate", MODERATE, "--spin", "1"], (ECHO, CHRONYD, NTPSEC, OPENNTPD, UTCD, BUSY), "p50_us"),
}


def servers(directory):
    return {
        ECHO: rivals.echo(), CHRONYD: rivals.chronyd(directory), NTPSEC: rivals.ntpsec(directory), OPENNTPD: rivals.openntpd(directory),
        UTCD: rivals.ours(directory), LOGGING: rivals.ours(directory, ntp={"client_log": True}), BUSY: rivals.ours(directory, ntp={"busy_poll": True}),
        ONE: rivals.ours(directory), TWO: rivals.ours(directory, ntp={"workers": 2, "steering": "cpu"}),
    }


# ---- tables ----

def table(runs, key):
    """Figures of each server, and its ratios to echo and chronyd round by round."""
    rows = ["| server | answers/s | p50 us | p99 us | CPU us/request | user us/request | lost % | to echo | to chronyd | CPU to chronyd |", "| --- " * 10 + "|"]
    for name, taken in runs.items():
        def figures(of, digits=1, taken=taken):
            return lab.spread(rivals.column(taken, of), digits=digits)

        def ratio(other, of=key, taken=taken):
            return lab.spread(ratios(taken, runs[other], of))
        rows.append(f"| {name} | {figures('per_second', 0)} | {figures('p50_us')} | {figures('p99_us', 0)} | {figures('cpu_us', 2)} | "
                    f"{figures('user_us', 2)} | {figures('lost_percent', 2)} | {ratio(ECHO)} | {ratio(CHRONYD)} | {ratio(CHRONYD, 'cpu_us')} |")
    return rows


def remarks(runs, key):
    ruler = rivals.column(runs[ECHO], key)
    full = [name for name, taken in runs.items() if rivals.is_full(taken)] if key == "per_second" else []
    wrong = sum(run["bad"] + run["kisses"] for taken in runs.values() for run in taken)
    said = [f"Ratios are of {key}, round by round: median (min-max)."]
    if rivals.is_noisy(runs[ECHO], key):
        said.append(f"**Noisy**: the ruler itself spreads by {max(ruler) / min(ruler):.2f}; no verdict.")
    if full:
        said.append("**Generator-bound** (rates say little, CPU does): " + ", ".join(full) + ".")
    if wrong:
        said.append(f"**{wrong} answers were bad or kisses.**")
    return [" ".join(said)]


# ---- the open loop: how much without loss ----

def highest(server, directory, start):
    """The last rate of a ladder at which fewer than one in a thousand is lost; whether the generator could not keep the next one's pace."""
    rate, held, paced = start, 0, True
    with rivals.Running(server, directory):
        while True:
            for _ in range(LADDER_TRIES):
                args = ["--rate", f"{rate:.0f}", "--segments", "1", "--seconds", str(LADDER_SECONDS), "--warm-up", "0.05"]
                run = rivals.generate("load", server, args)
                paced = run["sent"] >= ACCURATE_PACE * rate * LADDER_SECONDS
                if paced and run["sent"] - run["answers"] < LOSS_MAX * run["sent"]:
                    break
            else:
                return {"per_second": held, "paced": paced}
            rate, held = rate * RUNG, rate


def ladders(known, names, closed, directory, rounds):
    runs = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            start = LADDER_START * statistics.median(rivals.column(closed[name], "per_second"))
            runs[name].append(highest(known[name], directory, start))
    return runs


def ladder_table(runs):
    rows = ["| server | requests/s without loss | to echo | to chronyd |", "| --- " * 4 + "|"]
    for name, taken in runs.items():
        bound = "" if all(run["paced"] for run in taken) else ", generator-bound"
        rows.append(f"| {name} | {lab.spread(rivals.column(taken, 'per_second'), digits=0)}{bound} | {lab.spread(ratios(taken, runs[ECHO], 'per_second'))} | "
                    f"{lab.spread(ratios(taken, runs[CHRONYD], 'per_second'))} |")
    return rows


# ---- workers: each CPU has one, and a generator ----

def crowd(server, where, seconds):
    """Generators at once, one on each CPU of `where`: the sum of their answers."""
    got = []

    together = time.monotonic() + TO_START_S    # or the first one would keep the others from starting

    def one(cpu):
        got.append(rivals.generate("load", server, ["--sources", "1000", "--seconds", str(seconds), "--at", str(together)], cpu=cpu))
    threads = [threading.Thread(target=one, args=(cpu,)) for cpu in where]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {key: sum(run[key] for run in got) for key in ("per_second", "answers", "answers_with_warm_up", "sent")}


def workers(known, directory, rounds, seconds):
    first, last = rivals.cpus()
    runs = {ONE: [], TWO: []}
    for _ in range(rounds):
        for name, where in ((ONE, [last]), (TWO, [first, last])):
            with rivals.Running(known[name], directory, cpu=where) as process:
                before = rivals.used(process.pid)[0]
                run = crowd(known[name], where, seconds)
                run["cpu_us"] = (rivals.used(process.pid)[0] - before) / 1e3 / max(1, run["answers_with_warm_up"])
            runs[name].append(run)
    return runs


def workers_table(runs):
    rows = ["| | answers/s | CPU us/request | to one worker |", "| --- " * 4 + "|"]
    for name, taken in runs.items():
        rows.append(f"| {name} | {lab.spread(rivals.column(taken, 'per_second'), digits=0)} | {lab.spread(rivals.column(taken, 'cpu_us'))} | "
                    f"{lab.spread(ratios(taken, runs[ONE], 'per_second'))} |")
    return rows


# ---- the whole ----

def goals(runs, ladder, scaling):
    closed, few, many, _, moderate = (runs[title] for title in FIGURES)
    shaky, late = rivals.is_noisy(closed[ECHO]), rivals.is_noisy(moderate[ECHO], "p50_us")
    user = rivals.share(closed[UTCD], closed[CHRONYD], "user_us")
    return [
        Goal("closed loop, answers/s to chronyd", ratios(closed[UTCD], closed[CHRONYD], "per_second"), 1.15, 1.25, noisy=shaky),
        Goal("closed loop, answers/s to the echo", ratios(closed[UTCD], closed[ECHO], "per_second"), 0.92, 0.98, noisy=shaky),
        Goal("closed loop, user time per request to chronyd, all runs", user, 0.333, 0.167, at_least=False, noisy=shaky),
        Goal("100 000 sources to two, client log on", ratios(many[LOGGING], few[LOGGING], "per_second"), 0.95, 0.98, noisy=rivals.is_noisy(few[ECHO])),
        Goal("the same of the echo, which logs nothing", ratios(many[ECHO], few[ECHO], "per_second"), 0.95, 0.98, noisy=rivals.is_noisy(few[ECHO])),
        Goal("open loop without loss, to chronyd", ratios(ladder[UTCD], ladder[CHRONYD], "per_second"), 1.2, 1.4, noisy=rivals.is_noisy(ladder[ECHO])),
        Goal("p50 at 20 000/s, to chronyd", ratios(moderate[UTCD], moderate[CHRONYD], "p50_us"), 1.0, 0.9, at_least=False, noisy=late),
        Goal("p50 at 20 000/s, busy polling, to chronyd", ratios(moderate[BUSY], moderate[CHRONYD], "p50_us"), 0.4, 0.2, at_least=False, noisy=late),
        Goal("two workers on two CPUs to one on one, generators beside them", ratios(scaling[TWO], scaling[ONE], "per_second"), 1.7, None,
             noisy=rivals.is_noisy(scaling[ONE])),
    ]


def keep_histograms(runs):
    """All rounds' latencies of each server together, in bench/results/latency.json."""
    lines = []
    for title, of in runs.items():
        for name, taken in of.items():
            together = collections.Counter()
            for run in taken:
                together.update(dict(run.pop("histogram_us")))
            lines.append(json.dumps({"figure": title, "server": name, "us_and_count": sorted(together.items())}))
    lab.RESULTS.mkdir(parents=True, exist_ok=True)
    (lab.RESULTS / "latency.json").write_text("[" + ",\n".join(lines) + "]\n")


def raw(runs, of):
    return [json.dumps({title: {name: {key: [round(run[key], 2) for run in taken] for key in of if key in taken[0]} for name, taken in figure.items()}})
            for title, figure in runs.items()]


def take_turns(known, rounds, seconds, directory):
    """{title: {server: runs}}; all figures in every round."""
    runs = {title: {name: [] for name in names} for title, (_, names, _) in FIGURES.items()}
    for _ in range(rounds):
        for title, (load, names, _) in FIGURES.items():
            for name in names:
                runs[title][name].append(rivals.measure(known[name], [*load, "--seconds", str(seconds), "--histogram", "1"], directory))
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (default 7)")
    parser.add_argument("--ladders", type=int, default=3, help="how often the open loop is taken to its limit (default 3)")
    parser.add_argument("--seconds", type=float, default=1, help="length of one run (default 1)")
    args = parser.parse_args()
    directory = proc.scratch()
    try:
        known = servers(directory)
        runs = take_turns(known, args.rounds, args.seconds, directory)
        keep_histograms(runs)
        closed = next(iter(runs.values()))
        ladder = ladders(known, (ECHO, CHRONYD, UTCD), closed, directory, args.ladders)
        scaling = workers(known, directory, args.rounds, args.seconds)
    finally:
        proc.remove(directory)
    text = [*rivals.goals_table(goals(runs, ladder, scaling)), ""]
    for title, (load, _, key) in FIGURES.items():
        text += [f"## {title[0].upper()}{title[1:]}", "", *table(runs[title], key), "", *remarks(runs[title], key), "",
                 f"`load HOST PORT {shlex.join([*load, '--seconds', str(args.seconds)])}`", ""]
    text += ["## Open loop, fewer than one in a thousand lost", "", *ladder_table(ladder), "",
             f"Rates a factor of {RUNG} apart, {LADDER_SECONDS} s each, best of {LADDER_TRIES} tries; `load HOST PORT --rate N --segments 1`.", "",
             "## Workers", "", *workers_table(scaling), "",
             "A CPU carries a worker and a generator, which takes a good half of it: two CPUs with both are compared with one.", "",
             "`load HOST PORT --sources 1000`", "",
             f"{args.rounds} rounds of {args.seconds} s; elsewhere the generator has the first CPU, the server the last one; SCHED_RR 20.", "",
             "## Raw numbers", "", "Latencies: [latency.json](latency.json).", "", "```json",
             *raw(runs, ("per_second", "p50_us", "p99_us", "cpu_us", "user_us", "lost_percent", "cpu_percent")), *raw({"ladder": ladder}, ("per_second",)),
             *raw({"workers": scaling}, ("per_second", "cpu_us")), "```"]
    lab.write("serve", "Answering NTP beside other daemons and a bare echo", "\n".join(text))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
