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


def test_a_row_is_measured():
    done = proc.run([sys.executable, utcd.ROOT / "bench/accuracy.py", "--seeds", "2", "--only", "LAN 10 us, wander 1e-9, 64 s"],
                    env={"BUILD": str(utcd.BUILD)}, timeout=60)
    assert done.returncode == 0, done.stderr
    cells = [cell.strip() for cell in re.search(r"^\| LAN 10 us, wander 1e-9, 64 s .*$", done.stdout, re.MULTILINE)[0].split("|")]
    ours, chronyd, ratio, over_bound = (float(cells[i]) for i in (2, 6, 8, 11))
    assert ratio == pytest.approx(ours / chronyd, rel=0.01) and 1 <= over_bound < 1.6
