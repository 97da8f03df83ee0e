#!/usr/bin/python3
"""What becomes of honest clients and of memory under attack, and whether the ports could be of use against others.

Honest clients ask at a steady rate from many addresses, first alone and then beside a flood (bench/flood.c): of requests that no server may answer, at
ten times their rate; of good requests from one address; of good requests, each from another IPv6 network. Then millions of sources ask, and the memory of
all processes is read meanwhile. At last each UDP port is sent random and listed packets, and the bytes are counted as they would be on a wire."""

import argparse
import json
import statistics
import subprocess
import threading
import time

import lab
import rivals
from rivals import HOST, Goal, proc, utcd

HOST6 = "::1"
FORGED = "fd00::/8"     # networks of forged IPv6 sources: all of them are ours
HONEST_RATE = 10000
HONEST_SOURCES = 10000
BAD, ANY = "1", "2"     # kinds of bench/flood.c
# title: (address family by host, arguments of the flood)
ATTACKS = {
    "bad packets at ten times the honest rate": (HOST, ["--kind", BAD, "--rate", str(10 * HONEST_RATE), "--sources", "10000"]),
    "one address at a million a second": (HOST, ["--rate", "1000000"]),
    "random IPv6 networks at ten times the honest rate": (HOST6, ["--rate", str(10 * HONEST_RATE), "--sources", "100000000"]),
}
QUIET = "nobody else"
LIMIT = {"rate_limit": {}, "ntp": {"client_log": True}}
RSS_MAX_MIB, FLAT_MIB = 64, 1
FLOOD_STARTS_S = 0.2
WEAK = 0.8      # a flood that reaches less of its rate shows nothing
PACE = {HOST: 350000, HOST6: 220000}    # of the millions of sources: what one worker can answer


def honest(server, host, seconds):
    args = ["--rate", str(HONEST_RATE), "--sources", str(HONEST_SOURCES), "--seconds", str(seconds)]
    run = json.loads(proc.run([*rivals.placed(rivals.cpus()[0]), utcd.BUILD / "bench/load", host, server.port, *args]).stdout)
    run["lost_percent"] = 100 * (1 - run["answers"] / run["sent"])
    return run


def beside(server, host, flood, seconds):
    """Honest clients while an attacker sends from the same CPU, of lower priority, so that it does not keep them from asking."""
    argv = [*rivals.placed(rivals.cpus()[0], priority=10), utcd.BUILD / "bench/flood", host, server.port, "--deaf", "1", *flood,
            "--seconds", str(seconds + 2 * FLOOD_STARTS_S)]
    with subprocess.Popen([str(word) for word in argv], stdout=subprocess.PIPE, text=True) as attacker:
        time.sleep(FLOOD_STARTS_S)
        run = honest(server, host, seconds)
        run["flood_per_second"] = json.loads(attacker.communicate()[0])["per_second"]
    return run


def attacks(directory, rounds, seconds):
    server = rivals.ours(directory, listen=(HOST, HOST6), **LIMIT)
    runs = {(title, part): [] for title in ATTACKS for part in (QUIET, title)}
    for _ in range(rounds):
        for title, (host, flood) in ATTACKS.items():
            with rivals.Running(server, directory):
                runs[title, QUIET].append(honest(server, host, seconds))
            with rivals.Running(server, directory):
                runs[title, title].append(beside(server, host, flood, seconds))
    return runs


def attack_table(runs):
    rows = ["| honest clients beside | flood, packets/s | lost % | p50 us | p99 us |", "| --- " * 5 + "|"]
    for (title, part), taken in runs.items():
        name = part if part == title else f"{QUIET} ({'IPv6' if ATTACKS[title][0] == HOST6 else 'IPv4'})"
        flood = lab.spread(rivals.column(taken, "flood_per_second"), digits=0) if part == title else "-"
        figures = (lab.spread(rivals.column(taken, key), digits=digits) for key, digits in (("lost_percent", 3), ("p50_us", 0), ("p99_us", 0)))
        rows.append(f"| {name} | {flood} | {' | '.join(figures)} |")
    return rows


# ---- memory ----

def memory(session):
    """(resident, of it written by the processes themselves) in MiB."""
    rss = private = 0
    for pid in proc.session_members(session):
        for line in open(f"/proc/{pid}/smaps_rollup"):
            name, value = line.split()[:2]
            rss += int(value) if name == "Rss:" else 0
            private += int(value) if name == "Private_Dirty:" else 0
    return rss / 1024, private / 1024


def heap(session):
    """KiB of address space for data of the processes that answer: it grows when anything is allocated."""
    workers = [pid for pid in proc.session_members(session) if open(f"/proc/{pid}/comm").read().strip() == "utcd-serve"]
    assert workers
    return sum(int(line.split()[1]) for pid in workers for line in open(f"/proc/{pid}/status") if line.startswith("VmData"))


def watched(server, host, sources, session):
    """One request from each of so many sources: what was answered, and the memory before, meanwhile and after."""
    before, data, seen, done = memory(session), heap(session), [], threading.Event()

    def watch():
        while not done.wait(0.5):
            seen.append(memory(session)[0])
    watcher = threading.Thread(target=watch)
    watcher.start()
    argv = [*rivals.placed(rivals.cpus()[0]), utcd.BUILD / "bench/flood", host, server.port, "--sources", sources, "--packets", sources, "--seconds", 300,
            "--rate", PACE[host]]
    run = json.loads(proc.run(argv, timeout=320).stdout)
    done.set()
    watcher.join()
    return {"host": host, "sources": sources, "answers": run["answers"], "before": before[0], "after": memory(session)[0], "most": max(seen, default=before[0]),
            "written": memory(session)[1] - before[1], "allocated": heap(session) - data}


def crowds(directory, millions):
    server = rivals.ours(directory, listen=(HOST, HOST6), **LIMIT)
    with rivals.Running(server, directory) as process:
        rivals.generate("load", server, ["--seconds", "0.3"])   # whatever is written to for the first time
        first = watched(server, HOST, 100000, process.pid)
        return [first, *(watched(server, host, millions * 1000000, process.pid) for host in (HOST, HOST6))]


def crowd_table(runs):
    rows = ["| sources | by | answered | RSS before, most, after: MiB | heap of the workers grew by KiB |", "| --- " * 5 + "|"]
    for run in runs:
        rows.append(f"| {run['sources']} | {'IPv6' if run['host'] == HOST6 else 'IPv4'} | {100 * run['answers'] / run['sources']:.1f} % | "
                    f"{run['before']:.2f}, {run['most']:.2f}, {run['after']:.2f} | {run['allocated']} |")
    return rows


# ---- amplification ----

def reflected(directory, packets):
    """Layer-2 bytes out for each byte in, by service and family; every packet's answer is waited for."""
    found = []
    for service in ("ntp", "time", "daytime"):
        server = rivals.ours(directory, listen=(HOST, HOST6), service=service)
        for host in (HOST, HOST6):
            with rivals.Running(server, directory):
                argv = [*rivals.placed(rivals.cpus()[0]), utcd.BUILD / "bench/flood", host, server.port, "--kind", ANY, "--packets", packets, "--seconds", 60,
                        "--rate", 300000]
                run = json.loads(proc.run(argv, timeout=80).stdout)
            found.append({"service": service, "family": "IPv6" if host == HOST6 else "IPv4", **run})
    return found


def reflected_table(runs):
    rows = ["| port | by | packets | answers | bytes in | bytes out | out to in |", "| --- " * 7 + "|"]
    for run in runs:
        rows.append(f"| {run['service']} | {run['family']} | {run['sent']} | {run['answers']} | {run['sent_bytes']} | {run['answer_bytes']} | "
                    f"{run['answer_bytes'] / run['sent_bytes']:.3f} |")
    return rows


# ---- the whole ----

def goals(runs, crowd, reflections):
    wanted = []
    for title, (_, flood) in ATTACKS.items():
        quiet, busy = runs[title, QUIET], runs[title, title]
        weak = statistics.median(rivals.column(busy, "flood_per_second")) < WEAK * float(flood[flood.index("--rate") + 1])
        wanted.append(Goal(f"{title}: honest requests lost, %", rivals.column(busy, "lost_percent"), 0.1, None, at_least=False, noisy=weak))
        p99 = statistics.median(rivals.column(busy, "p99_us")) / statistics.median(rivals.column(quiet, "p99_us"))
        wanted.append(Goal(f"{title}: p99 to that in quiet, medians", [p99], 2, None, at_least=False, noisy=weak or rivals.is_noisy(quiet, "p50_us")))
    log, millions = crowd[0], crowd[-1]["sources"] // 1000000
    wanted += [
        Goal("client log, bytes written for each of 100 000 clients", [log["written"] * 2**20 / log["sources"]], 48, 32, at_least=False),
        Goal(f"RSS of all processes with {millions} million sources, MiB", [run["most"] for run in crowd[1:]], RSS_MAX_MIB, None, at_least=False),
        Goal("heap of the workers grew meanwhile, KiB", [run["allocated"] for run in crowd], 0, None, at_least=False),
        Goal("RSS grew after the first 100 000, MiB", [run["most"] - crowd[0]["after"] for run in crowd[1:]], FLAT_MIB, None, at_least=False),
        Goal("layer-2 bytes out to in, each UDP port", [run["answer_bytes"] / run["sent_bytes"] for run in reflections], 1, None, at_least=False),
    ]
    return wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often each attack is tried (default 7)")
    parser.add_argument("--seconds", type=float, default=0.4, help="length of one (default 0.4; the system takes a CPU away from who "
                        "has it in real time for most of a second)")
    parser.add_argument("--millions", type=int, default=10, help="of sources, IPv4 and IPv6 each (default 10)")
    parser.add_argument("--packets", type=int, default=1700000, help="to each UDP port, IPv4 and IPv6 each (default 1 700 000: ten million in all)")
    args = parser.parse_args()
    done = proc.run(["ip", "-6", "route", "add", "local", FORGED, "dev", "lo"])
    assert done.returncode == 0, done.stderr
    directory = proc.scratch()
    try:
        runs = attacks(directory, args.rounds, args.seconds)
        crowd = crowds(directory, args.millions)
        reflections = reflected(directory, args.packets)
    finally:
        proc.remove(directory)
    raw = {f"{part}, {title}": {key: [run[key] for run in taken] for key in ("lost_percent", "p50_us", "p99_us")} for (title, part), taken in runs.items()}
    lab.write("attack", "Under attack", "\n".join([
        *rivals.goals_table(goals(runs, crowd, reflections)), "", "## Honest clients", "", *attack_table(runs), "",
        f"{args.rounds} rounds of {args.seconds} s: {HONEST_RATE} honest requests a second from {HONEST_SOURCES} addresses, rate limit and client log on.",
        "All generators have the first CPU; honest clients and the server in SCHED_RR 20, the flood in 10.", "",
        "## Memory", "", *crowd_table(crowd), "",
        "Rate limit and client log on; the sum over all processes, with what they share counted in each.", "",
        "## Amplification", "", *reflected_table(reflections), "",
        "Half of the packets random bytes of random length, half requests of any kind, good or broken. An Ethernet frame has at least 60 bytes.", "",
        "```json", json.dumps(raw), "```"]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
