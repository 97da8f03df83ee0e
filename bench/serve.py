#!/usr/bin/python3
"""How fast NTP is served, beside chronyd and beside the least that any socket server can do (bench/echo.c).

All take turns within every round, so that whatever else the machine does hits all alike; judged are ratios within a round. The ruler is the echo:
where its own rate spreads by more than 1.3 the table says "noisy", and nothing is concluded. The load generator (bench/load.c) has one CPU, the
server another one."""

import argparse
import json
import os
import shlex
import statistics

import lab
from lab import peers, proc, utcd

HOST = "127.0.0.1"
NOISY = 1.3
FULL = 97       # per cent of a CPU at which the generator is the limit
ECHO, CHRONYD, UTCD, LOGGING, BUSY = "echo", "chronyd", "simple-utcd", "simple-utcd, client log", "simple-utcd, busy polling"

# name: (what the load generator is told, who is measured, the column judged, whether in real time: one that spins would let nobody else run)
FIGURES = {
    "closed loop, one source, 128 outstanding": ([], (ECHO, CHRONYD, UTCD), "per_second", True),
    "closed loop, 100 000 sources, client log on": (["--sources", "100000"], (ECHO, CHRONYD, LOGGING), "per_second", True),
    "20 000 requests a second": (["--rate", "20000"], (ECHO, CHRONYD, UTCD), "p50_us", True),
    "20 000 requests a second, without real-time priority": (["--rate", "20000"], (ECHO, CHRONYD, BUSY), "p50_us", False),
}


def ours(directory, port, **keys):
    config = directory / f"{port}.yaml"
    run_dir = directory / str(port)
    run_dir.mkdir()
    config.write_text(json.dumps({"clock": {"mode": "virtual"}, "sources": [], "local": utcd.LOCAL, "process": {"run_dir": str(run_dir)},
                                  "ntp": {"listen": [f"{HOST}:{port}"], **keys}}))
    return [str(utcd.DAEMON), "--config", str(config)]


def chronyd(directory, port):
    (directory / "cmd").mkdir(mode=0o700)
    (directory / "chrony.conf").write_text(f"port {port}\nbindaddress {HOST}\nallow 127.0.0.0/8\nlocal stratum 10\n"
                                           f"bindcmdaddress {directory}/cmd/chronyd.sock\npidfile {directory}/chrony.pid\nuser root\n")
    return [peers.binary("chronyd"), "-x", "-d", "-f", f"{directory}/chrony.conf"]


def servers(directory):
    """{name: (argv, port)}."""
    port = {name: proc.free_port() for name in (ECHO, CHRONYD, UTCD, LOGGING, BUSY)}
    return {
        ECHO: ([str(utcd.BUILD / "bench/echo"), HOST, str(port[ECHO])], port[ECHO]),
        CHRONYD: (chronyd(directory, port[CHRONYD]), port[CHRONYD]),
        UTCD: (ours(directory, port[UTCD]), port[UTCD]),
        LOGGING: (ours(directory, port[LOGGING], client_log=True), port[LOGGING]),
        BUSY: (ours(directory, port[BUSY], busy_poll=True), port[BUSY]),
    }


def placed(cpu, real_time):
    """What a command line begins with."""
    return [*(["chrt", "-f", "20"] if real_time else []), "taskset", "-c", str(cpu)]


def used(session):
    """(CPU in ns, user time in clock ticks) of the session's processes."""
    cpu = ticks = 0
    for pid in proc.session_members(session):
        cpu += int(open(f"/proc/{pid}/schedstat").read().split()[0])
        ticks += int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[11])
    return cpu, ticks


def measure(argv, port, load, directory, real_time):
    """One run: the generator's figures, and what the server used for each request."""
    cpus = sorted(os.sched_getaffinity(0))
    server = proc.Process("server", [*placed(cpus[-1], real_time), *argv], directory)
    try:
        proc.wait_for(lambda: lab.ntp.ask(HOST, port, timeout=0.1), what=server.log)
        before = used(server.pid)
        done = proc.run([*placed(cpus[0], real_time), utcd.BUILD / "bench/load", HOST, str(port), *load])
        cpu, ticks = (after - b for after, b in zip(used(server.pid), before))
    finally:
        server.stop()
    run = json.loads(done.stdout)
    requests = max(1, run["answers_with_warm_up"])
    run["cpu_us"] = cpu / 1e3 / requests
    run["user_us"] = ticks * 1e6 / os.sysconf("SC_CLK_TCK") / requests
    run["lost_percent"] = 100 * (1 - run["answers"] / max(1, run["sent"]))
    return run


def table(runs, column):
    """Figures of each server, and its ratios to echo and chronyd round by round."""
    rows = ["| server | answers/s | p50 us | p99 us | CPU us/request | user us/request | lost % | to echo | to chronyd | CPU to chronyd |", "| --- " * 10 + "|"]
    for name, taken in runs.items():
        def figures(key, digits=1, taken=taken):
            return lab.spread([run[key] for run in taken], digits=digits)

        def ratio(other, key=column, taken=taken):
            return lab.spread([a[key] / b[key] for a, b in zip(taken, runs[other])])
        rows.append(f"| {name} | {figures('per_second', 0)} | {figures('p50_us')} | {figures('p99_us', 0)} | {figures('cpu_us', 2)} | {figures('user_us', 2)} | "
                    f"{figures('lost_percent', 2)} | {ratio(ECHO)} | {ratio(CHRONYD)} | {ratio(CHRONYD, 'cpu_us')} |")
    return rows


def remarks(runs, column):
    ruler = [run[column] for run in runs[ECHO]]
    full = [name for name, taken in runs.items() if statistics.median(run["cpu_percent"] for run in taken) >= FULL]
    wrong = sum(run["bad"] + run["kisses"] for taken in runs.values() for run in taken)
    said = [f"Ratios are of {column}, round by round: median (min-max)."]
    if max(ruler) > NOISY * min(ruler):
        said.append(f"**Noisy**: the ruler itself spreads by {max(ruler) / min(ruler):.2f}; no verdict.")
    if full:
        said.append("**Generator-bound** (rates say little, CPU does): " + ", ".join(full) + ".")
    if wrong:
        said.append(f"**{wrong} answers were bad or kisses.**")
    return [" ".join(said)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often each is measured (default 7)")
    parser.add_argument("--seconds", type=float, default=1, help="length of one run (default 1)")
    parser.add_argument("--plain", action="store_true", help="no real-time priority: for an idle machine")
    args = parser.parse_args()
    text = []
    raw = {}
    directory = proc.scratch()
    try:
        known = servers(directory)
        for figure, (load, names, column, real_time) in FIGURES.items():
            load = [*load, "--seconds", str(args.seconds)]
            runs = raw[figure] = {name: [] for name in names}
            for _ in range(args.rounds):
                for name in names:
                    runs[name].append(measure(*known[name], load, directory, real_time and not args.plain))
            text += [f"## {figure[0].upper()}{figure[1:]}", "", *table(runs, column), "", *remarks(runs, column), "",
                     f"`load {HOST} PORT {shlex.join(load)}`", ""]
    finally:
        proc.remove(directory)
    how = "without real-time priority" if args.plain else "SCHED_FIFO 20"
    text += [f"{args.rounds} rounds; generator on the first CPU, server on the last one, {how} unless said otherwise.", "", "## Raw numbers", "", "```json"]
    text += [json.dumps({figure: {name: [{k: round(v, 2) for k, v in run.items()} for run in taken]}}) for figure, runs in raw.items() for name, taken in runs.items()]
    lab.write("serve", "Answering NTP beside chronyd and a bare echo", "\n".join([*text, "```"]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
