"""Lower bounds for the clock error that any discipline can reach: KF, the best linear filter, and BOX, which also uses what the round trip says.

The clock: y grows by wander * N(0,1) each second and x by y, so over T seconds the noise of (x, y) has the covariance
wander^2 * [[T^3/3, T^2/2], [T^2/2, T]]. The clock can be set at once, so its error is the error of the causal estimate; it is averaged over the time
between samples, where it grows to x + y t, plus wander^2 T^3/12 on average.

A sample is z = x + (d1 - d2)/2 with excess delays d1, d2 >= 0. KF knows only the variance of z. BOX knows that |z - x| <= (d1 + d2)/2 as well: for equal
exponential delays the error is uniform there, and the posterior of a Gaussian prior is that Gaussian, cut off; it is replaced by the Gaussian of the
same mean and variance. Both know wander and, in BOX, the shortest delay, which a daemon must learn."""

import math
import random

WARM_UP = 0.1       # part of the samples that is not counted
TAIL_MAX = 30.0     # standard deviations: beyond, the prior is taken for wrong


def _advance(p, wander, t):
    """The covariance (xx, xy, yy) after t seconds."""
    xx, xy, yy = p
    return xx + 2 * t * xy + t * t * yy + wander**2 * t**3 / 3, xy + t * yy + wander**2 * t * t / 2, yy + wander**2 * t


def _mean_between(xx, xy, yy, wander, t):
    """Mean of the variance of x over the t seconds after a sample."""
    return xx + xy * t + yy * t * t / 3 + wander**2 * t**3 / 12


def kalman(wander, variance, interval_s, samples=4000, answered=1.0, seed=1):
    """RMS clock error of the optimal linear filter; `answered` is the share of polls that bring a sample."""
    draw = random.Random(seed)
    p = (variance, 0.0, 1e-10)
    total = count = 0.0
    for n in range(samples):
        if draw.random() < answered:
            gain = p[0] / (p[0] + variance), p[1] / (p[0] + variance)
            p = (1 - gain[0]) * p[0], (1 - gain[0]) * p[1], p[2] - gain[1] * p[1]
        if n >= WARM_UP * samples:
            total += _mean_between(*p, wander, interval_s)
            count += 1
        p = _advance(p, wander, interval_s)
    return math.sqrt(total / count)


def _density(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _share(a, b):
    """Probability of a standard normal to lie in [a, b], from the tail that does not cancel."""
    if a > 0:
        a, b = -b, -a
    return (math.erfc(-b / math.sqrt(2)) - math.erfc(-a / math.sqrt(2))) / 2


def cut_gaussian(mean, variance, low, high):
    """(mean, variance) of that Gaussian within [low, high]; None where it has nothing there."""
    sd = math.sqrt(variance)
    a, b = (low - mean) / sd, (high - mean) / sd
    if a > TAIL_MAX or b < -TAIL_MAX:
        return None
    inside = _share(a, b)
    if inside < 1e-150:
        return None
    shift = (_density(a) - _density(b)) / inside
    spread = 1 + (a * _density(a) - b * _density(b)) / inside - shift**2
    return mean + sd * shift, max(variance * spread, 1e-6 * variance)


def box(wander, draw_excess, interval_s, samples=4000, answered=1.0, seed=1):
    """RMS clock error of the filter that knows each sample's interval. draw_excess(random) is one excess delay: (up, down)."""
    draw = random.Random(seed)
    ex = ey = 0.0       # the estimate's error: truth minus estimate
    p = (1e-6, 0.0, 1e-12)
    total = count = 0.0
    t = interval_s
    step = wander * math.sqrt(t)
    for n in range(samples):
        if draw.random() < answered:
            up, down = draw_excess(draw)
            z, half = ex + (up - down) / 2, (up + down) / 2
            found = cut_gaussian(0.0, p[0], z - half, z + half)
            if not found:   # the prior was wrong by far: as a linear filter would
                variance = half * half / 3
                found = z * p[0] / (p[0] + variance), p[0] * variance / (p[0] + variance)
            mean, variance = found
            gain = p[1] / p[0]
            ex -= mean
            ey -= gain * mean
            p = variance, gain * variance, max(p[2] + gain * gain * (variance - p[0]), 1e-26)
        if n >= WARM_UP * samples:
            total += ex * ex + ex * ey * t + ey * ey * t * t / 3 + wander**2 * t**3 / 12
            count += 1
        noise_y = draw.gauss(0, 1)
        ex += ey * t + step * t * (noise_y / 2 + draw.gauss(0, 1) / math.sqrt(12))
        ey += step * noise_y
        p = _advance(p, wander, t)
    return math.sqrt(total / count)


def interval(drift, draw_excess, interval_s, samples=20000, answered=1.0, seed=1):
    """Mean of the reducible part of the narrowest bound that is true while the frequency is within `drift` of a known one: each edge stays where the packet
    that proves most of it put it, one excess delay beyond half of the shortest round trip, and is aged by `drift`. The wider of both edges counts."""
    draw = random.Random(seed)
    edges = [interval_s * drift, interval_s * drift]
    total = 0.0
    for _ in range(samples):
        edges = [e + drift * interval_s for e in edges]
        if draw.random() < answered:
            edges = [min(e, d) for e, d in zip(edges, draw_excess(draw))]
        total += max(edges) + drift * interval_s / 2
    return total / samples


def exponential(up_s, down_s):
    """Excess delays of these means."""
    return lambda draw: (draw.expovariate(1 / up_s), draw.expovariate(1 / down_s))


def exponential_variance(up_s, down_s):
    return (up_s**2 + down_s**2) / 4
