#!/usr/bin/python3
"""How long from fork to the first valid NTP answer, beside chronyd; both serve by their `local` statement.

Started in turn within one run, so that whatever else the machine does hits all alike; where that is permitted both sides run in real time on a CPU each.
A request leaves, and another as soon as one was refused; the first answer that is synchronised and carries back our timestamp ends the measurement."""

import argparse
import json
import os
import signal
import statistics
import time

import lab
from lab import ntp, peers, proc, utcd

HOST = "127.0.0.1"
GOAL = 0.6
PRIORITY = 20       # of the daemons; ours is one more, so that we go on as soon as the daemon exists, and send it to its own CPU


def quiet():
    """Keep others off our CPUs, if that is permitted. Returns how to start a daemon so (for posix_spawn), and what was done, in words."""
    cpus = sorted(os.sched_getaffinity(0))
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY + 1))
    except PermissionError:
        return {}, "without real-time priority"
    os.sched_setaffinity(0, cpus[:1])
    return {"scheduler": (os.SCHED_FIFO, os.sched_param(PRIORITY))}, f"SCHED_FIFO, client on CPU {cpus[0]}, daemons on CPU {cpus[-1]}"


def first_answer_ms(argv, port, log, how):
    """Start, wait for the first valid answer, stop."""
    to_log = [(os.POSIX_SPAWN_OPEN, fd, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) for fd in (1, 2)]
    request = ntp.request()
    with ntp.Client(HOST, port) as client:
        begin = time.monotonic()
        pid = os.posix_spawn(argv[0], argv, {"PATH": os.environ["PATH"]}, file_actions=to_log, setsid=True, **how)
        os.sched_setaffinity(pid, {os.cpu_count() - 1})
        try:
            while time.monotonic() - begin < 5:
                client.send(request)
                raw = client.receive(0.001)
                if not raw:
                    time.sleep(0.00005)     # not a spin: the kernel's own threads need this CPU too
                elif len(raw) == 48 and raw[24:32] == request[40:48] and ntp.Answer(raw, 0, 0).usable:
                    return (time.monotonic() - begin) * 1000
        finally:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
            proc.wait_for(lambda: not proc.session_members(pid), what="it does not end")
    raise SystemExit(f"{argv[0]} did not answer: {open(log).read()}")


def commands(directory):
    """{name: (argv, port)}."""
    port = proc.free_port()
    (directory / "cmd").mkdir(mode=0o700)
    (directory / "chrony.conf").write_text(f"port {port}\nbindaddress {HOST}\nallow 127.0.0.0/8\nlocal stratum 10\n"
                                           f"bindcmdaddress {directory}/cmd/chronyd.sock\npidfile {directory}/chrony.pid\nuser root\n")
    found = {"chronyd": ([peers.binary("chronyd"), "-x", "-d", "-f", f"{directory}/chrony.conf"], port)}
    for mode in utcd.MODES:
        port, run_dir = proc.free_port(), directory / mode
        run_dir.mkdir()
        config = directory / f"{mode}.yaml"
        config.write_text(json.dumps({"clock": {"mode": "virtual"}, "sources": [], "local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]},
                                      "process": {"run_dir": str(run_dir)}}))
        found[f"simple-utcd, {mode}"] = ([str(utcd.DAEMON), "--config", str(config), *(["--one-process"] if mode == utcd.ONE_PROCESS else [])], port)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pairs", type=int, default=25, help="how often each is started (default 25)")
    pairs = parser.parse_args().pairs
    how, words = quiet()
    directory = proc.scratch()
    try:
        started = commands(directory)
        times = {name: [] for name in started}
        for _ in range(pairs):
            for name, (argv, port) in started.items():
                times[name].append(first_answer_ms(argv, port, f"{directory}/log", how))
    finally:
        proc.remove(directory)
    ratios = {name: [a / b for a, b in zip(taken, times["chronyd"])] for name, taken in times.items()}
    rows = ["| daemon | ms, median (min-max) | of chronyd's, pair by pair: median (min-max) |", "| --- | --- | --- |"]
    rows += [f"| {name} | {lab.spread(taken)} | {lab.spread(ratios[name])} |" for name, taken in times.items()]
    rows += ["", f"{pairs} starts of each, in turn; {words}. Goal: {GOAL} of chronyd's or less."]
    lab.write("start-time", "From fork to the first valid NTP answer", "\n".join(rows))
    return 0 if all(statistics.median(found) <= GOAL for name, found in ratios.items() if name != "chronyd") else 1


if __name__ == "__main__":
    raise SystemExit(main())
