#!/usr/bin/python3
"""How well the clock is kept, in our own simulator: steady states and transients of bench/scenarios/rows.py over several seeds, beside chronyd's
measured figures for the same scenario and two lower bounds from theory. Writes bench/results/accuracy.md and the pictures of docs/clock.md."""

import argparse
import csv
import math
import os
import pathlib
import statistics
import subprocess
import tempfile

from scenarios import drawing, rows

ROOT = pathlib.Path(__file__).resolve().parents[1]
UTCSIM = pathlib.Path(os.environ.get("BUILD", ROOT / "build")).absolute() / "utcsim"
RESULT, FIGURES = ROOT / "bench/results/accuracy.md", ROOT / "docs/figures"


class Run:
    """One seed of one story: columns of numbers, one entry a probe. Errors are the steered system clock's."""

    def __init__(self, story, seed):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "accuracy.story")
            path.write_text(story)
            table = path.with_suffix(".csv")
            done = subprocess.run([UTCSIM, "--seed", str(seed), "--csv", table, path], capture_output=True, text=True, check=False)
            if done.returncode == 2:
                raise SystemExit(done.stderr)
            with open(table, newline="", encoding="ascii") as file:
                lines = csv.reader(file)
                heading = next(lines)
                wanted = [heading.index(name) for name in ("at_s", "system_error_s", "early_s", "late_s", "packets", "error_s")]
                found = [tuple(float(line[i]) for i in wanted) for line in lines]
        self.at, self.error, self.early, self.late, self.packets, self.served = zip(*found)

    def window(self, from_s, until_s=math.inf):
        return [e for t, e in zip(self.at, self.error) if from_s <= t <= until_s]

    def reducible(self, row):
        """Mean of what the wire tells (the wider side around the served time) beyond half of the shortest round trip."""
        wide = [max(s - a, b - s) for t, s, a, b in zip(self.at, self.served, self.early, self.late) if t >= row.from_s]
        return sum(wide) / len(wide) - rows.floor_s(row)

    def frequency_rms(self, from_s):
        """Mean over a probe's interval: what the system clock gained in it."""
        gained = [(b - a) / (t - s) for s, t, a, b in zip(self.at, self.at[1:], self.error, self.error[1:]) if s >= from_s]
        return rms(gained)


def rms(values):
    return math.sqrt(sum(v * v for v in values) / len(values))


def mean(values):
    """Geometric."""
    return math.exp(sum(math.log(v) for v in values) / len(values))


def number(value):
    return "" if value is None else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def steady(row, seeds):
    runs = [Run(rows.story(row), seed) for seed in seeds]
    packets = statistics.mean(run.packets[-1] for run in runs)
    kf, box = rows.lower_bounds(row, packets)
    return {
        "row": row, "packets": packets, "kf": kf, "box": box,
        "bound": mean([run.reducible(row) / rows.US for run in runs]), "least": rows.least_bound_us(row, packets),
        "rms": mean([rms(run.window(row.from_s)) / rows.US for run in runs]),
        "max": max(max(map(abs, run.window(row.from_s))) / rows.US for run in runs),
        "frequency_ppb": mean([run.frequency_rms(row.from_s) * 1e9 for run in runs]),
    }


def narrow(row, seeds):
    """The reducible part where the operator declares a better oscillator."""
    runs = [Run(f"{rows.story(row)}set c clock.max_drift {rows.NARROW_DRIFT * 1e6:g}ppm\n", seed) for seed in seeds]
    packets = statistics.mean(run.packets[-1] for run in runs)
    return {"row": row, "bound": mean([run.reducible(row) / rows.US for run in runs]), "least": rows.least_bound_us(row, packets, rows.NARROW_DRIFT)}


def edge(row, seeds):
    """(row, mean of the bound in us, share of all seconds at which the truth was outside)."""
    wide, false = [], []
    for seed in seeds:
        run = Run(f"probe 1s\n{row.story}", seed)
        seen = [(max(s - a, b - s), not a <= 0 <= b) for t, s, a, b in zip(run.at, run.served, run.early, run.late) if t >= row.from_s]
        wide += [w for w, _ in seen]
        false += [f for _, f in seen]
    return row, statistics.mean(wide) / rows.US, statistics.mean(false)


def settled(run, event_s, limit):
    """Seconds after the event until the error stays below the limit; infinite when it does not."""
    above = [t for t, e in zip(run.at, run.error) if t >= event_s and abs(e) > limit]
    return math.inf if above and above[-1] == run.at[-1] else (above[-1] - event_s + 1 if above else 0)


def measured(runs, row, what):
    """(figure, its unit) of one measure of a transient."""
    if what.startswith("settled"):
        return statistics.median(settled(run, row.event_s, float(what.split()[1])) for run in runs), "s"
    if what == "at end":
        return rms([run.error[-1] for run in runs]) / rows.US, "us"
    errors = [run.window(row.event_s, row.until_s) for run in runs]
    if what == "max":
        return statistics.median(max(map(abs, e)) for e in errors) / rows.US, "us"
    return mean([rms(e) for e in errors]) / rows.US, "us"


def steady_table(found):
    lines = ["| scenario | ours, RMS us | max us | frequency RMS ppb | packets | chronyd, RMS us | packets | ours / chronyd | KF us | BOX us | ours / bound |",
             "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |"]
    for f in found:
        row, bound = f["row"], f["box"] or f["kf"]
        ratio = f["rms"] / row.chronyd_us if row.chronyd_us else None
        lines.append("| " + " | ".join([row.name, number(f["rms"]), number(f["max"]), number(f["frequency_ppb"]), f"{f['packets']:.0f}", number(row.chronyd_us),
                                        number(row.chronyd_packets), (number(ratio) + ("" if row.comparable else " (other law)")) if ratio else "",
                                        number(f["kf"]), number(f["box"]), number(f["rms"] / bound) if bound else ""]) + " |")
    both = [f for f in found if f["row"].chronyd_us and f["row"].comparable]
    ours, theirs = sum(f["packets"] for f in both), sum(f["row"].chronyd_packets for f in both)
    bounded = [f for f in found if f["box"] or f["kf"]]
    return lines + ["", f"Geometric mean over the {len(both)} rows with the same law: **{mean([f['rms'] / f['row'].chronyd_us for f in both]):.2f}** of chronyd's RMS "
                    f"error, with {ours / theirs:.2f} of its packets; {mean([f['rms'] / (f['box'] or f['kf']) for f in bounded]):.2f} of the lower bound at our own "
                    "packet rate."]


def bound_table(found):
    lines = ["| scenario | ours, us | chronyd, us | of chronyd's | least | ours / least | least of chronyd's |", "| --- |" + " --: |" * 6]
    for f in found:
        theirs, least = f["row"].chronyd_bound_us, f["least"]
        if theirs or least:
            lines.append("| " + " | ".join([f["row"].name, number(f["bound"]), number(theirs), number(theirs and f["bound"] / theirs), number(least),
                                            number(least and f["bound"] / least), number(theirs and least and least / theirs)]) + " |")
    both = [f for f in found if f["row"].chronyd_bound_us]
    least = [f for f in both if f["least"]]
    if not least:
        return lines
    return lines + ["", f"Geometric mean over the {len(both)} rows with chronyd's figure: {mean([f['bound'] / f['row'].chronyd_bound_us for f in both]):.2f} of it; "
                    f"least possible over {len(least)} of them: {mean([f['least'] / f['row'].chronyd_bound_us for f in least]):.2f}."]


def narrow_table(found):
    lines = ["| scenario | ours, us | chronyd, us | of chronyd's | least | of chronyd's at 1 ppm |", "| --- |" + " --: |" * 5]
    for f in found:
        row = f["row"]
        lines.append("| " + " | ".join([row.name, number(f["bound"]), number(row.chronyd_narrow_us), number(f["bound"] / row.chronyd_narrow_us), number(f["least"]),
                                        number(f["bound"] / row.chronyd_bound_us)]) + " |")
    return lines


def edge_table(found):
    lines = ["| scenario | ours, us | false | chronyd, us | false, % of the time | outside by up to, us |", "| --- |" + " --: |" * 5]
    return lines + [f"| {row.name} | {number(wide)} | {100 * false:.3g} | {number(row.chronyd_us)} | {row.chronyd_false_percent:g} | {row.chronyd_beyond_us:g} |"
                    for row, wide, false in found]


def transient_table(found):
    lines = ["| scenario | measure | ours | chronyd | theory or prototype |", "| --- | --- | --: | --: | --- |"]
    for row, figures in found:
        for m, (value, unit) in zip(row.measures, figures):
            what = f"seconds to stay below {float(m.what.split()[1]) * 1e6:g} us" if m.what.startswith("settled") else f"{m.what}, {unit}"
            lines.append(f"| {row.name} | {what} | {'never' if math.isinf(value) else number(value)} | {number(m.chronyd)} | {m.bound} |")
    return lines


PREFACE = """# Accuracy in the simulator

True error of the **steered system clock**, from the project's own simulator, {seeds} seeds a row: geometric mean of the RMS, worst maximum, mean packets.
chronyd's columns are constants, measured with the public network simulator clknetsim on chronyd 4.8 (development snapshot) and 4.3 in the same
scenario, four to ten seeds; they are not produced by this command, and no model of chronyd is in it. KF is the best linear filter, BOX also uses each round trip
(bench/scenarios/bounds.py); both know what a daemon must learn, and are taken at our own packet rate. Polls without a figure are the default, 64 to 1024 s.
Two simulators draw different noise: a ratio here is a comparison of means, not of pairs.
"""


BOUND = """The reducible part of the error bound as the wire tells it (the wider side around the served time, beyond half of the shortest round trip), mean over the
same windows. chronyd's: root delay/2 + root dispersion of its tracking log (4.3), aged as it ages them, mean of four seeds in the public simulator; a
constant. *Least*: the narrowest bound that is true while the frequency, known exactly at first, may then be off by `clock.max_drift`, 1 ppm, with one source at our
packet rate (bench/scenarios/bounds.py, `interval`). chronyd adds 1 ppm as well, its `maxclockerror`, but only since its last update and to a sum of
estimates, which nothing proves: so its figure may be below the least.
"""


NARROW = """An operator who knows the oscillator to be better may declare it: `clock.max_drift` 0.3 ppm, and for chronyd `maxclockerror 0.3`, in the rows whose
wander keeps within that.
"""


EDGE = """Is it true? Nothing but 10 us of delay hides an error here, or a delay that lies in one direction alone, so that half of it is needed; and the frequency moves by
no more than both daemons allow for (1 ppm, the defaults). The whole bound, with half of the round trip; each second of a day counts. chronyd's: four seeds,
each second's error against the widest that its tracking log says of the three seconds around.
"""


def write(steady_found, narrow_found, edges_found, transient_found, seeds):
    RESULT.write_text("\n".join([PREFACE.format(seeds=seeds), "## Steady state", "", *steady_table(steady_found), "", "## The bound", "", BOUND,
                                 *bound_table(steady_found), "", NARROW, *narrow_table(narrow_found), "", EDGE, *edge_table(edges_found), "", "## Transients",
                                 "", "Median of the seeds for times and maxima; geometric mean for RMS; RMS of the seeds at the end of holdover.", "",
                                 *transient_table(transient_found), "", "Command: `bench/accuracy.py`", ""]))


def pictures(steady_found):
    """docs/figures/*.svg, from the same runs or one seed more."""
    FIGURES.mkdir(exist_ok=True)
    drawing.comparison(FIGURES / "accuracy.svg", [(f["row"].name, f["rms"], f["row"].chronyd_us, f["kf"], f["box"]) for f in steady_found])
    step = next(t for t in rows.TRANSIENT if t.name == "frequency step 1 ppm, default polling")
    runs = [Run(f"probe 20s\n{step.story}", seed) for seed in range(1, 5)]
    drawing.curves(FIGURES / "frequency-step.svg", "Frequency step of 1 ppm, default polling: error of the system clock, four seeds", "us", "min after the step",
                   [("#06c", [((t - step.event_s) / 60, e / rows.US) for t, e in zip(r.at, r.error) if -600 <= t - step.event_s <= 3600]) for r in runs])
    cut = next(t for t in rows.TRANSIENT if t.name == "6 h without sources, LAN 10 us")
    runs = [Run(f"probe 300s\n{cut.story}", seed) for seed in range(1, 9)]
    hours = [[(t - cut.event_s) / 3600 for t in r.at] for r in runs]
    lines = [("#06c", [(h, max(abs(e) / rows.US, 1)) for h, e in zip(hour, r.error) if h >= -1]) for hour, r in zip(hours, runs)]
    lines.append(("#c60", [(h, max(-low, high) / rows.US) for h, low, high in zip(hours[0], runs[0].early, runs[0].late) if h >= -1]))
    drawing.curves(FIGURES / "holdover.svg", "Six hours without sources: error of eight seeds (blue, 1 us at least) and the bound", "us", "hours of silence",
                   lines, logarithmic=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--only", default="", help="rows whose name contains this; nothing is written")
    args = parser.parse_args()
    seeds = range(1, args.seeds + 1)
    if not any(args.only in row.name for row in (*rows.STEADY, *rows.EDGES, *rows.TRANSIENT)):
        raise SystemExit(f"no row's name contains {args.only!r}")
    steady_found = [steady(row, seeds) for row in rows.STEADY if args.only in row.name]
    narrow_found = [narrow(row, seeds) for row in rows.STEADY if row.chronyd_narrow_us and args.only in row.name]
    edges_found = [edge(row, seeds) for row in rows.EDGES if args.only in row.name]
    transient_found = []
    for row in rows.TRANSIENT:
        if args.only in row.name:
            runs = [Run(f"probe {row.probe_s}s\n{row.story}", seed) for seed in seeds]
            transient_found.append((row, [measured(runs, row, m.what) for m in row.measures]))
    if args.only:
        tables = [(steady_table, steady_found), (bound_table, steady_found), (narrow_table, narrow_found), (edge_table, edges_found), (transient_table, transient_found)]
        print("\n".join(line for table, found in tables if found for line in table(found)))
        return
    write(steady_found, narrow_found, edges_found, transient_found, args.seeds)
    pictures(steady_found)
    print(RESULT.read_text())


if __name__ == "__main__":
    main()
