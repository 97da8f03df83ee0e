#!/usr/bin/python3
"""Reloads under load: a steady stream of requests, a real chronyd that polls each second, and configurations that change sources, limits, access lists and other
listeners all the while. What counts are answers that did not come (a lost request is one that was sent and not answered) and gaps in chronyd's measurements.
Writes bench/results/reload.md. --reloads N: so many (1000); --rate N: requests a second (20000)."""

import argparse
import json
import pathlib
import signal
import statistics
import subprocess
import time

import lab
from lab import peers, proc, utcd

HOST = "127.0.0.1"
SEGMENT_S = 10


def load(port, rate):
    return subprocess.Popen([utcd.BUILD / "bench/load", HOST, str(port), "--rate", str(rate), "--seconds", str(SEGMENT_S), "--sources", "64"],
                            stdout=subprocess.PIPE, text=True)


def variant(base, i, spare):
    """The i-th of the configurations; the listener that is measured is in each."""
    config = json.loads(json.dumps(base))
    config["ntp"]["symmetric_reply"] = i % 2 == 0
    if i % 3:
        config["rate_limit"] = {"rate": 1000000, "burst": 100000 - i % 7}
    if i % 4:
        config["access"] = [{"nets": [f"192.0.2.{i % 250}/32"], "action": "deny"}]
    if i % 5 == 0:
        config["sources"].append(utcd.source(1))
    if i % 10 == 0:
        config["ntp"]["listen"].append(f"{HOST}:{spare}")
    return config


def gaps(directory):
    """Seconds between chronyd's measurements."""
    times = []
    for line in pathlib.Path(directory, "measurements.log").read_text().splitlines():
        if line[:1].isdigit():
            times.append(time.mktime(time.strptime(line[:19], "%Y-%m-%d %H:%M:%S")))
    return [b - a for a, b in zip(times, times[1:])]


def run(directory, reloads, rate):
    port, spare = proc.free_port(), proc.free_port()
    source = peers.Chronyd(directory, "source").wait_serving()
    daemon = utcd.Utcd(directory, {"sources": [utcd.source(source.port)], "ntp": {"listen": [f"{HOST}:{port}"]}}, utcd.PROCESSES)
    daemon.wait_synchronised()
    client = peers.Chronyd(directory, "client", lines=[f"server {HOST} port {port} minpoll 0 maxpoll 0 iburst", f"logdir {directory}", "log measurements"])
    base, took, sent, answers, done = daemon.config, [], 0, 0, 0
    while done < reloads:
        stream = load(port, rate)
        while stream.poll() is None:
            if done < reloads:
                daemon.config_path.write_text(json.dumps(variant(base, done, spare)))
                begin = time.monotonic()
                result = daemon.ctl("reload")
                took.append((time.monotonic() - begin) * 1e3)
                assert result.returncode == 0, result.stderr
                done += 1
            else:
                time.sleep(0.05)
        figures = json.loads(stream.stdout.read())
        sent, answers = sent + figures["sent"], answers + figures["answers"]
    status = daemon.status()
    for process in (client, daemon, source):
        process.signal(signal.SIGTERM)
        process.wait()
    return sent, answers, took, status, gaps(directory)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--reloads", type=int, default=1000)
    options.add_argument("--rate", type=int, default=20000)
    o = options.parse_args()
    directory = proc.scratch()
    sent, answers, took, status, between = run(directory, o.reloads, o.rate)
    proc.remove(directory)
    clock = status["clock"]
    lab.write("reload", "Reloads under load", "\n".join([
        f"{status['daemon']['reloads']} reloads, {o.rate} requests a second meanwhile on a listener that stays:", "",
        "| | |", "|---|---|", f"| requests sent | {sent} |", f"| not answered | {sent - answers} |",
        f"| a reload, from asking to its answer, ms | {lab.spread(took)} |",
        f"| 99th percentile, ms | {sorted(took)[len(took) * 99 // 100]:.1f} |",
        f"| chronyd's polls, one a second: longest gap, s | {max(between):.0f} of {len(between)} |",
        f"| the clock at the end | {clock['status']}, {clock['steps']} steps |",
        f"| median gap, s | {statistics.median(between):.0f} |"]))
    assert sent == answers, f"{sent - answers} answers lost"


if __name__ == "__main__":
    main()
