"""bench/accuracy.py: its lower bounds are those of the theory, and a row comes out where it should."""

import math
import re
import sys

import pytest

from lib import proc, utcd

sys.path.insert(0, str(utcd.ROOT / "bench"))

from scenarios import bounds  # noqa: E402 (the path comes first)

US = 1e-6


# KF and BOX in microseconds, worked out independently for the same model
@pytest.mark.parametrize("jitter_us, wander, interval_s, kf, box", [
    (10, 1e-9, 64, 4.4, 2.6), (10, 1e-8, 64, 8.3, 6.9), (100, 1e-9, 64, 24.5, 10.3), (100, 1e-8, 128, 58, 39), (1000, 1e-9, 64, 139, 40), (10, 1e-9, 256, 7.8, 6.2)])
def test_bounds(jitter_us, wander, interval_s, kf, box):
    jitter_s = jitter_us * US
    assert bounds.kalman(wander, bounds.exponential_variance(jitter_s, jitter_s), interval_s) == pytest.approx(kf * US, rel=0.05)
    assert bounds.box(wander, bounds.exponential(jitter_s, jitter_s), interval_s, samples=8000) == pytest.approx(box * US, rel=0.08)


def test_a_cut_gaussian():
    mean, variance = bounds.cut_gaussian(0.0, 1.0, 0.0, 40.0)
    assert mean == pytest.approx(math.sqrt(2 / math.pi)) and variance == pytest.approx(1 - 2 / math.pi)
    mean, variance = bounds.cut_gaussian(3.0, 100.0**2, -1.0, 1.0)     # as good as uniform
    assert abs(mean) < 0.01 and variance == pytest.approx(1 / 3, rel=0.01)
    assert bounds.cut_gaussian(0.0, 1.0, 50.0, 60.0) is None


def rows_of(name, seeds):
    """The lines of bench/accuracy.py's tables about that scenario, each as its cells."""
    done = proc.run([sys.executable, utcd.ROOT / "bench/accuracy.py", "--seeds", str(seeds), "--only", name], env={"BUILD": str(utcd.BUILD)}, timeout=60)
    assert done.returncode == 0, done.stderr
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if line.startswith(f"| {name} |")]


def test_a_row_is_measured():
    steady, bound, narrow = rows_of("LAN 10 us, wander 1e-9, 64 s", 2)
    ours, chronyd, ratio, over_bound = (float(steady[i]) for i in (1, 5, 7, 10))
    assert ratio == pytest.approx(ours / chronyd, rel=0.01) and 1 <= over_bound < 1.6
    assert float(narrow[1]) < 0.7 * float(bound[1]) and float(narrow[1]) > float(narrow[4]) > 0.4 * float(bound[4])


def test_a_bound_is_put_to_the_test():
    [cells] = rows_of("10 us each way, 1 ppm to and fro every 3 h, 64 s", 1)
    wide_us, false_percent, chronyd_us = (float(cells[i]) for i in (1, 2, 3))
    assert false_percent == 0 and 0.8 < wide_us / chronyd_us < 1.2
