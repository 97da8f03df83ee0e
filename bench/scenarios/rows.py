"""The scenarios, each with the figures that were measured for chronyd in the same one.

Source of chronyd's figures: chronyd 4.8 (development snapshot 8f2db83; 4.3 agrees within seed noise), unmodified, under the public simulator clknetsim
134028fb; true error of the system clock each second, from 10 000 s on (20 000 s on internet paths), mean of four seeds, eight for holdover; where a
remark says so, geometric mean of more seeds of chronyd 4.3. The standard error of four is about 5 % with 64 s polls, 10 to 20 % with default polling,
25 % for holdover. Nothing here models chronyd: the numbers are constants.

us = microseconds. Jitter is the mean extra delay of each direction, both drawn alone."""

import dataclasses
import re

from . import bounds

US = 1e-6
MAX_DRIFT = 1e-6    # clock.max_drift, the default


@dataclasses.dataclass
class Steady:
    name: str
    wander: float
    link: str                   # of a story's link statement
    chronyd_us: float = None
    chronyd_packets: int = None
    poll: str = "6..10"
    sources: int = 1
    up_us: float = None         # means of exponential excess, for the bounds; None: the bounds do not apply
    down_us: float = None
    variance_us2: float = None  # of the offset's error, where only KF applies
    chronyd_bound_us: float = None # reducible part of root delay/2 + root dispersion, mean over the window
    chronyd_narrow_us: float = None # the same at NARROW_DRIFT
    answered: float = 1.0       # share of polls that are answered
    run_s: int = 86400
    from_s: int = 10000
    probe_s: int = 7            # no divisor of a poll interval
    client: str = ""
    comparable: bool = True     # the same law as chronyd's run, as far as it is documented


def _lan(name, jitter_us, wander, chronyd_us, packets, **more):
    return Steady(name, wander, f"delay 100us jitter exponential {jitter_us}us", chronyd_us, packets, up_us=jitter_us, down_us=jitter_us, **more)


def _net(name, jitter_us, chronyd_us, packets, **more):
    return Steady(name, 1e-9, f"delay 20ms jitter exponential {jitter_us}us", chronyd_us, packets, up_us=jitter_us, down_us=jitter_us, from_s=20000, **more)


STEADY = [
    _lan("LAN 10 us, wander 1e-10, 64 s", 10, 1e-10, None, None, poll="6"),
    _lan("LAN 10 us, wander 1e-9, 64 s", 10, 1e-9, 5.63, 1340, poll="6"),
    _lan("LAN 10 us, wander 1e-8, 64 s", 10, 1e-8, 13.9, 1340, poll="6"),
    _lan("LAN 10 us, wander 1e-7, 64 s", 10, 1e-7, None, None, poll="6"),
    _lan("LAN 100 us, wander 1e-9, 64 s", 100, 1e-9, 22.8, 1340, poll="6"),
    _lan("LAN 100 us, wander 1e-8, 64 s", 100, 1e-8, 56.7, 1340, poll="6"),
    _lan("LAN 10 us, wander 1e-9", 10, 1e-9, 20.9, 335),  # 10 seeds, as all default polling to the next remark
    _lan("LAN 10 us, wander 1e-8", 10, 1e-8, 18.5, 1251),
    _lan("LAN 100 us, wander 1e-9", 100, 1e-9, 106, 149),
    _lan("LAN 100 us, wander 1e-8", 100, 1e-8, 115, 565),
    _net("internet 1 ms, 64 s", 1000, 100, 1340, poll="6"),
    _net("internet 1 ms", 1000, 474, 112),
    _net("internet 10 ms, 64 s", 10000, 922, 1340, poll="6"),
    _net("internet 10 ms", 10000, 1470, 112),
    Steady("asymmetric variance: 3 ms up, 1 ms down", 1e-9, "delay 20ms jitter exponential 1ms\nlink c to s1 jitter exponential 3ms", 781, 112, up_us=3000,
           down_us=1000, from_s=20000),
    _net("four servers, 1 ms", 1000, 522, 445, sources=4),
    _lan("30 % loss each way, LAN 100 us", 100, 1e-9, 182, 197, answered=0.49),
    _net("30 % loss each way, internet 1 ms", 1000, 1120, 122, answered=0.49),
    _lan("LAN 1 us, wander 1e-9", 1, 1e-9, 2.31, 1209),  # 3 seeds
    _lan("LAN 10 us, wander 1e-10", 10, 1e-10, 10.9, 114),  # 10 seeds, as all that follow to the next remark
    _lan("LAN 10 us, wander 1e-7", 10, 1e-7, 109, 1340),
    _lan("LAN 100 us, wander 1e-10", 100, 1e-10, 47.8, 112),
    Steady("internet 1 ms, wander 1e-10", 1e-10, "delay 20ms jitter exponential 1ms", 147, 112, up_us=1000, down_us=1000, from_s=20000),
    Steady("internet 1 ms, wander 1e-8", 1e-8, "delay 20ms jitter exponential 1ms", 1000, 115, up_us=1000, down_us=1000, from_s=20000),
    Steady("internet 10 ms, wander 1e-8", 1e-8, "delay 20ms jitter exponential 10ms", 4750, 112, up_us=10000, down_us=10000, from_s=20000),
    Steady("Gaussian 10 us", 1e-9, "delay 1ms jitter gaussian 10us", 22.4, 301, variance_us2=50),
    Steady("Gaussian 100 us", 1e-9, "delay 2ms jitter gaussian 100us", 140, 113, variance_us2=5000),
    Steady("Gaussian 1 ms", 1e-9, "delay 20ms jitter gaussian 1ms", 648, 113, variance_us2=500000, from_s=20000),
    Steady("Gaussian 1 ms, wander 1e-8", 1e-8, "delay 20ms jitter gaussian 1ms", 1290, 115, variance_us2=500000, from_s=20000),
    Steady("even jitter 0 to 1 ms", 1e-9, "delay 20ms jitter uniform 1ms", 280, 111, from_s=20000),
    Steady("one packet in ten 5 ms late, LAN 10 us", 1e-9, "delay 100us jitter exponential 10us reorder 10% by 5ms", 24.3, 352, comparable=False),
    Steady("heavy-tailed 1 ms, internet", 1e-9, "delay 20ms jitter heavy 1ms", 268, 116, from_s=20000),  # 3 seeds
    Steady("Gaussian 10 us, 64 s", 1e-9, "delay 1ms jitter gaussian 10us", 7.36, 1340, poll="6", variance_us2=50),
    Steady("heavy-tailed 30 us, 64 s", 1e-9, "delay 100us jitter heavy 30us", 9.67, 1340, poll="6"),
    Steady("congested one way, period 8 h", 1e-9, "delay 20ms jitter exponential 1ms\nlink c to s1 congested 20ms period 8h", 1370, 110, from_s=20000,
           comparable=False),
    Steady("sine 1 ppm, period 2 h, 64 s", 1e-9, "delay 100us jitter exponential 10us", 15.6, 1322, poll="6", client="temperature 1ppm period 2h"),
    Steady("hardware 0.1 us, wander 1e-9, 1 s", 1e-9, "delay 1us jitter exponential 0.1us", 0.0360, 19804, poll="0", up_us=0.1, down_us=0.1, run_s=20000,
           from_s=2000, probe_s=1, client="hardware stamps"),
    Steady("hardware 0.1 us, wander 1e-10, 1 s", 1e-10, "delay 1us jitter exponential 0.1us", 0.0144, 19805, poll="0", up_us=0.1, down_us=0.1, run_s=20000,
           from_s=2000, probe_s=1, client="hardware stamps"),
    Steady("hardware 0.1 us, wander 1e-9, 4 s", 1e-9, "delay 1us jitter exponential 0.1us", 0.0738, 9904, poll="2", up_us=0.1, down_us=0.1, run_s=40000,
           from_s=4000, probe_s=3, client="hardware stamps"),
]
# Reducible part of chronyd's root delay/2 + root dispersion in us, from the tracking log of chronyd 4.3 (seeds 11 to 14, the simulator as above).
CHRONYD_BOUND_US = {
    "LAN 10 us, wander 1e-9, 64 s": 40.6,
    "LAN 10 us, wander 1e-8": 58.8,
    "LAN 10 us, wander 1e-9": 190,
    "LAN 10 us, wander 1e-10": 522,
    "LAN 10 us, wander 1e-7": 105,
    "LAN 100 us, wander 1e-9": 537,
    "LAN 100 us, wander 1e-8, 64 s": 109,
    "LAN 100 us, wander 1e-8": 222,
    "internet 1 ms, 64 s": 421,
    "internet 1 ms": 1110,
    "internet 10 ms": 4820,
    "four servers, 1 ms": 1090,
    "asymmetric variance: 3 ms up, 1 ms down": 1350,
    "hardware 0.1 us, wander 1e-9, 1 s": 1.19,
}
# The same with an oscillator declared to be better: `maxclockerror` 0.3 ppm; rows whose wander keeps within it.
NARROW_DRIFT = 3e-7
CHRONYD_NARROW_US = {
    "LAN 10 us, wander 1e-9, 64 s": 17.6,
    "LAN 10 us, wander 1e-9": 69.4,
    "LAN 10 us, wander 1e-10": 167,
    "LAN 100 us, wander 1e-9": 247,
    "internet 1 ms, 64 s": 398,
    "internet 1 ms": 750,
    "internet 10 ms": 4460,
    "four servers, 1 ms": 729,
    "asymmetric variance: 3 ms up, 1 ms down": 986,
    "hardware 0.1 us, wander 1e-9, 1 s": 0.49,
}
for row in STEADY:
    row.chronyd_bound_us, row.chronyd_narrow_us = CHRONYD_BOUND_US.get(row.name), CHRONYD_NARROW_US.get(row.name)
    if "loss" in row.name:
        row.link += " loss 30%"


@dataclasses.dataclass
class Measure:
    """One figure of a transient: how it is taken, and what it was for chronyd."""
    what: str                   # "rms" or "max" over the window, "settled X" (seconds after the event until below X s for good), "at end"
    chronyd: float = None
    bound: str = ""             # what theory or a prototype says, in words


@dataclasses.dataclass
class Transient:
    name: str
    story: str
    event_s: int
    until_s: int
    measures: list
    probe_s: float = 1


_LAN = "link c s1 delay 100us jitter exponential 10us\n"
_NET = "link c s1 delay 20ms jitter exponential 1ms\n"
_FOUR = "link c s1..s{n},bad1..bad{b} delay 2ms jitter exponential 100us\nsource c s1..s{n},bad1..bad{b} poll 6..10\n"


def _client(more="offset 0.01s", drift="20ppm"):
    return f"node server s1 error 0us\nnode client c drift {drift} wander 1e-9 {more} steers\n"


def _false(honest, bad):
    servers = f"node server s2..s{honest} error 1us\nnode server bad1..bad{bad} error 1us\n"
    return "run 1d\n" + _client() + servers + _FOUR.format(n=honest, b=bad)


TRANSIENT = [
    Transient("start, 10 s and 100 ppm off, LAN", "run 10000s\n" + _client("offset 10s", "100ppm") + _LAN + "source c s1 poll 6..10\n", 0, 10000,
              [Measure("settled 1e-3", 5, "1 s"), Measure("settled 1e-4", 7, "5 s")]),
    Transient("start, 0.1 s and 100 ppm off, LAN", "run 10000s\n" + _client("offset 0.1s", "100ppm") + _LAN + "source c s1 poll 6..10\n", 0, 10000,
              [Measure("settled 1e-3", 6, "1 s"), Measure("settled 1e-4", 7, "5 s")]),
    Transient("start, 0.1 s off, internet 1 ms", "run 10000s\n" + _client("offset 0.1s", "100ppm") + _NET + "source c s1 poll 6..10\n", 0, 10000, [Measure("settled 1e-2", 6, "1 s"), Measure("settled 2e-3", 73, "73 s")]),
    Transient("frequency step 1 ppm, 64 s", "run 60000s\n" + _client() + _LAN + "source c s1 poll 6\nat 40000 c changes frequency 1ppm\n", 40000, 60000,
              [Measure("rms", 10.5, "3.1"), Measure("settled 1e-4", 175, "130 s"), Measure("settled 5e-5", 310)]),
    Transient("frequency step 1 ppm, default polling", "run 60000s\n" + _client() + _LAN + "source c s1 poll 6..10\nat 40000 c changes frequency 1ppm\n", 40000,
              60000, [Measure("rms", 44, "11.8"), Measure("settled 1e-4", 538, "273 s"), Measure("settled 5e-5", 18500, "369 s")]),
    Transient("frequency step 10 ppm, default polling",
              "run 60000s\n" + _client() + _LAN + "source c s1 poll 6..10\nat 40000 c changes frequency 10ppm\n", 40000, 60000, [Measure("rms", 194)]),  # 10 seeds
    Transient("system clock set 10 ms wrong, default polling",
              "run 60000s\n" + _client() + _LAN + "source c s1 poll 6..10\nat 40000 c steps 10ms\n", 40000, 60000, [Measure("rms", 871, "470"), Measure("settled 1e-3", 359), Measure("settled 1e-4", 388)]),  # 10 seeds
    Transient("time step 10 ms, default polling", "run 60000s\n" + _client() + _LAN + "source c s1 poll 6..10\nat 40000 c raw jumps 10ms\n", 40000, 60000,
              [Measure("rms", 871, "470"), Measure("settled 1e-3", 359), Measure("settled 1e-4", 388)]),
    Transient("path +1 ms both ways, 64 s", "run 60000s\n" + _client() + _LAN + "source c s1 poll 6\nat 40000 link c s1 delay 1100us\n", 40000, 60000,
              [Measure("rms", 184, "4.4 / 2.6 once learnt"), Measure("max", 848)]),
    Transient("6 h without sources, LAN 10 us", "run 64800s\n" + _client() + _LAN + "source c s1 poll 6..10\nat 43200 s1 falls silent\n", 43200, 64800,
              [Measure("at end", 1870, "1860")], 10),
    Transient("6 h without sources, internet 1 ms", "run 64800s\n" + _client() + _NET + "source c s1 poll 6..10\nat 43200 s1 falls silent\n", 43200, 64800, [Measure("at end", 3510, "2280 / 2020")], 10),
    Transient("four true, one false by 100 ms", _false(4, 1) + "bad1 lies 100ms\n", 10000, 86400, [Measure("rms", 156, "36 / 19"), Measure("max", 444)], 7),
    Transient("four true, two false by 100 ms", _false(4, 2) + "bad1..bad2 lies 100ms\n", 10000, 86400, [Measure("rms", 131), Measure("max", 469)], 7),
    Transient("three true, one drifts by 1 ppm", _false(3, 1) + "at 10000 bad1 drifts 1ppm\n", 10000, 86400,
              [Measure("rms", 139, "16 / 5 at 64 s"), Measure("max", 560)], 7),
]


@dataclasses.dataclass
class Edge:
    """A bound put to the test: next to no delay that could hide an error, or all of it in one direction; a frequency that moves within what is declared."""
    name: str
    story: str
    from_s: int
    chronyd_us: float           # mean of root delay/2 + root dispersion
    chronyd_false_percent: float # of the time
    chronyd_beyond_us: float    # how far the truth was outside, at most


def _edge(name, path, poll, step_ppm, half_period_s, from_s, chronyd_us, false_percent, beyond_us):
    """The frequency moves to and fro by `step_ppm` about its middle."""
    moves = [f"at {t or 1} c changes frequency {(step_ppm if t else step_ppm / 2) * (-1)**(t // half_period_s)}ppm"
             for t in range(0, 86400, half_period_s)] if step_ppm else []
    text = "\n".join(["run 1d", "node server s1 error 0us", "node client c drift 20ppm wander 1e-9 offset 0.01s steers", path, f"source c s1 poll {poll}", *moves, ""])
    return Edge(name, text, from_s, chronyd_us, false_percent, beyond_us)


_BARE = "link c s1 delay 10us jitter exponential 10us"
_ONE_SIDED = "link c s1 delay 10us jitter exponential 1ms\nlink c to s1 delay 40ms"
# chronyd 4.3 in the public simulator, seeds 11 to 14, each second's error against the widest that the tracking log says of the three seconds around it.
EDGES = [
    _edge("10 us each way, 64 s", _BARE, "6", 0, 0, 10000, 54.6, 0.024, 8),
    _edge("10 us each way, 1 ppm to and fro every 3 h, 64 s", _BARE, "6", 1, 10800, 10000, 55.8, 0.92, 115),
    _edge("10 us each way, 1 ppm to and fro every 3 h", _BARE, "6..10", 1, 10800, 10000, 123, 1.5, 570),
    _edge("10 us each way, 0.8 ppm to and fro every 30 min", _BARE, "6..10", 0.8, 1800, 10000, 69, 5.5, 175),
    _edge("1 ms of jitter, 40 ms on the way there alone", _ONE_SIDED, "6..10", 0, 0, 20000, 21200, 4.3, 1100),
    _edge("1 ms of jitter, 40 ms on the way there alone, 0.8 ppm to and fro every 3 h", _ONE_SIDED, "6..10", 0.8, 10800, 20000, 22000, 7.3, 1960),
]


def story(row):
    """A steady row as a story."""
    servers = "\n".join(f"node server s{i} error 0us\nlink c s{i} {row.link.replace('s1', f's{i}')}" for i in range(1, row.sources + 1))
    names = ",".join(f"s{i}" for i in range(1, row.sources + 1))
    return (f"run {row.run_s}s\nprobe {row.probe_s}s\nnode client c drift 20ppm wander {row.wander} offset 0.01s steers {row.client}\n"
            f"{servers}\nsource c {names} poll {row.poll}\n")


def floor_s(row):
    """Half of the shortest round trip there can be."""
    number, unit = re.search(r"delay ([\d.]+)(us|ms)", row.link).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3}[unit]


def least_bound_us(row, packets, max_drift=MAX_DRIFT):
    """Mean reducible part of the narrowest true bound with one source at that many packets; None where the law of the jitter has no closed form here."""
    if row.up_us is None or row.sources > 1:
        return None
    return bounds.interval(max_drift, bounds.exponential(row.up_us * US, row.down_us * US), row.run_s / packets, answered=row.answered) / US


def lower_bounds(row, packets):
    """(KF, BOX) in microseconds at as many packets in `run_s` as were sent; None where one does not apply."""
    interval = row.run_s / packets
    if row.variance_us2:
        return bounds.kalman(row.wander, row.variance_us2 * US**2, interval) / US, None
    if row.up_us is None:
        return None, None
    up, down = row.up_us * US, row.down_us * US
    return (bounds.kalman(row.wander, bounds.exponential_variance(up, down), interval, answered=row.answered) / US,
            bounds.box(row.wander, bounds.exponential(up, down), interval, answered=row.answered) / US)
