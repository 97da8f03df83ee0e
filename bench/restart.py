#!/usr/bin/python3
"""What the memory of clock.drift_file is worth: served error after a restart that goes on from it, and after one that lost it, in the simulator over the
same seeds. Writes bench/results/restart.md."""

import csv
import math
import os
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
UTCSIM = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).absolute() / "utcsim"
RESULT = ROOT / "bench/results/restart.md"
SEEDS = range(1, 13)
RESTART_S = 6 * 3600
WINDOWS = {"first 5 min": (5, 300), "5 to 30 min": (300, 1800), "30 to 120 min": (1800, 7200)}
PATHS = {"LAN, 50 us exponential": "delay 1ms jitter exponential 50us", "internet, 1 ms exponential": "delay 20ms jitter exponential 1ms",
         "internet, 5 ms heavy-tailed": "delay 20ms jitter heavy 5ms"}
POLLS = {"64 s": "poll 6", "64 .. 1024 s": "poll 6..10"}
STORY = """seed 1
run 8h
node server good error 1us
node client c drift 40ppm wander 1e-9 offset 0.1s
link c good {path}
source c good {poll}
at 6h c {how}
"""


def window(story, seed, directory):
    """{window: errors in s} of one run."""
    path, table = pathlib.Path(directory, "restart.story"), pathlib.Path(directory, "restart.csv")
    path.write_text(story)
    subprocess.run([UTCSIM, "--seed", str(seed), "--csv", table, path], check=True, stdout=subprocess.DEVNULL)
    with open(table, newline="", encoding="ascii") as file:
        rows = [(float(row["at_s"]) - RESTART_S, float(row["error_s"])) for row in csv.DictReader(file)]
    return {name: [error for at, error in rows if first <= at < last] for name, (first, last) in WINDOWS.items()}


def rms(errors):
    return math.sqrt(statistics.fmean(e * e for e in errors))


def measure(path, poll, how):
    """{window: median over the seeds of the RMS error}."""
    with tempfile.TemporaryDirectory() as directory:
        runs = [window(STORY.format(path=path, poll=poll, how=how), seed, directory) for seed in SEEDS]
    return {name: statistics.median(rms(run[name]) for run in runs) for name in WINDOWS}


def main():
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    lines = ["# What is remembered over a restart", "", f"`bench/restart.py` at {commit}: served RMS error in microseconds, median of {len(SEEDS)} seeds, six hours of learning before.",
             "", "| path | polls | " + " | ".join(f"{name}: with, without" for name in WINDOWS) + " |", "|---|---" * 1 + "|---" * len(WINDOWS) + "|"]
    for path_name, path in PATHS.items():
        for poll_name, poll in POLLS.items():
            kept, lost = measure(path, poll, "restarts"), measure(path, poll, "starts afresh")
            cells = [f"{kept[name] * 1e6:.1f}, {lost[name] * 1e6:.1f} ({lost[name] / kept[name]:.1f} ×)" for name in WINDOWS]
            lines.append(f"| {path_name} | {poll_name} | " + " | ".join(cells) + " |")
    RESULT.write_text("\n".join(lines) + "\n")
    print(RESULT.read_text())


if __name__ == "__main__":
    main()
