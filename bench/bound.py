#!/usr/bin/python3
"""How wide the error bound is beyond what no daemon can know, beside chronyd's, as served by NTP.

Both daemons live in network namespaces of their own and ask one true server (chronyd on `local stratum 1`, this machine's clock) through one proxy for each
jitter that holds every datagram back (delay.c): a floor each way, and an exponential rest. Half of the shortest round trip is irreducible: an asymmetry can hide there.
A third client, which disciplines nothing, measures that round trip all the while, ten times a second and by the kernel's stamp of arrival: the machine and
its load add to the floor. Reducible is root delay / 2 + root dispersion, as served and so aged by the server's own rules, less that half.
Every answer is also held against this machine's clock: a bound that does not reach it is false."""

import argparse
import collections
import contextlib
import dataclasses
import mmap
import os
import signal
import socket
import statistics
import struct
import time

import lab
from lab import ntp, peers, proc, sandbox, utcd

GOAL = 0.5
SO_TIMESTAMPNS = 35                                                       # Linux, asm-generic/socket.h; not in the module socket
POLLS = {"2^0 to 2^4 s": (0, 4), "64 s": (6, 6)}


class Proxy(proc.Process):
    """bench/delay.c in front of the server; in real-time scheduling where that is permitted."""

    def __init__(self, directory, server_port, floor_ms, jitter_ms, index):
        self.port = proc.free_port()
        urgent = ["chrt", "-f", "20"] if sandbox.really_root else []
        super().__init__(f"delay{index}", [*urgent, utcd.BUILD / "bench/delay", "127.0.0.1", server_port, "--listen", self.port, "--floor", floor_ms * 1000,
                                           "--jitter", jitter_ms * 1000, "--seed", index + 1], directory)


class Prober:
    """A child process that asks the server through the proxy; `shortest_s` is the shortest round trip it ever had."""

    def __init__(self, proxy_port):
        self.shortest = mmap.mmap(-1, 8)
        self.pid = os.fork()
        if self.pid == 0:
            self._ask(proxy_port)

    @property
    def shortest_s(self):
        return struct.unpack("d", self.shortest[:])[0]

    def _ask(self, port):
        ours, best = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), float("inf")
        ours.connect(("127.0.0.1", port))
        ours.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        ours.settimeout(1)
        while True:
            with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                request = ntp.request()
                sent = time.time()
                ours.send(request)
                data, control, _, _ = ours.recvmsg(4096, 128)
                arrived = next(s + ns / 1e9 for s, ns in (struct.unpack("ll", value) for _, _, value in control))
                answer = ntp.Answer(data, sent, arrived)
                if answer.origin == request[40:48]:
                    best = min(best, answer.delay_s)
                self.shortest[:] = struct.pack("d", best)
            time.sleep(0.1)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@dataclasses.dataclass
class Said:
    """What one daemon said in one window."""

    bound_s: list = dataclasses.field(default_factory=list)
    lost: int = 0
    false: int = 0


class Reader:
    """Asks one daemon and keeps what it says."""

    def __init__(self, address, port):
        self.client = ntp.Client(address, port)
        self.said = collections.defaultdict(Said)                         # window -> what was said then

    def read(self, window):
        said, answer = self.said[window], self.client.ask()
        if not answer or not answer.usable:
            said.lost += 1
            return
        said.bound_s.append(answer.bound_s)
        said.false += abs(answer.offset_s) > answer.bound_s + answer.delay_s / 2


def start_ours(directory, host, proxy, polls, index):
    port = proc.free_port()
    daemon = utcd.Utcd(directory, {"sources": [utcd.source(proxy.port, host.ours, min_poll=polls[0], max_poll=polls[1])],
                                   "ntp": {"listen": [f"{host.address}:{port}"]}}, name=f"utcd{index}", prefix=host.argv())
    return daemon, port


def start_chronyd(directory, host, proxy, polls, index):
    daemon = peers.Chronyd(directory, name=f"chronyd{index}", prefix=host.argv(), bind=(host.address,),
                           lines=(f"server {host.ours} port {proxy.port} iburst minpoll {polls[0]} maxpoll {polls[1]}",))
    return daemon, daemon.port


def start_path(args, directory, stack, server_port, jitter_ms):
    """A proxy with its clients: ({(polls, daemon): Reader}, Prober)."""
    index = args.jitter.index(jitter_ms)
    proxy = Proxy(directory, server_port, args.floor, jitter_ms, index)
    stack.callback(proxy.stop)
    prober = Prober(proxy.port)
    stack.callback(prober.close)
    readers = {}
    for words, polls in POLLS.items():
        for name, start in (("simple-utcd", start_ours), ("chronyd", start_chronyd)):
            host = sandbox.Neighbour()
            stack.callback(host.close)
            daemon, port = start(directory, host, proxy, polls, f"-{index}-{polls[1]}")
            stack.callback(daemon.stop)
            readers[words, name] = Reader(host.address, port)
    return readers, prober


def compare(args, directory, stack):
    """{jitter: ({(polls, daemon): Reader} after the run, half of the shortest round trip)}."""
    upstream = peers.Chronyd(directory, name="upstream", lines=("local stratum 1",))
    stack.callback(upstream.stop)
    upstream.wait_serving()
    paths = {jitter_ms: start_path(args, directory, stack, upstream.port, jitter_ms) for jitter_ms in args.jitter}
    started = time.monotonic()
    for window in sorted(args.at):
        time.sleep(max(started + window - time.monotonic(), 0))
        for _ in range(args.seconds):
            begin = time.monotonic()
            for readers, _ in paths.values():
                for reader in readers.values():
                    reader.read(window)
            time.sleep(max(begin + 1 - time.monotonic(), 0))
    return {jitter_ms: (readers, prober.shortest_s / 2) for jitter_ms, (readers, prober) in paths.items()}


def tell(window, jitter_ms, readers, least_s, ratios):
    """A line for each daemon on one path in one window; ratios to chronyd go where they are counted."""
    for (words, name), reader in readers.items():
        said = reader.said[window]
        mine, theirs = ((statistics.mean(readers[words, who].said[window].bound_s) - least_s) * 1000 for who in (name, "chronyd"))
        if name != "chronyd":
            ratios.append(mine / theirs)
        yield (f"| {jitter_ms:g} ms | {window} s | {words} | {name} | {mine:.3f} ({(min(said.bound_s) - least_s) * 1000:.3f}-{(max(said.bound_s) - least_s) * 1000:.3f}) | "
               f"{mine / theirs:.2f} | {said.false} | {said.lost} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=120, help="how long the answers are read, once a second (default 120)")
    parser.add_argument("--at", type=int, nargs="+", default=[300, 1800], help="how many seconds after the start (default 300 and 1800)")
    parser.add_argument("--floor", type=float, default=10, help="delay each way, ms (default 10)")
    parser.add_argument("--jitter", type=float, nargs="+", default=[0.03, 0.3, 3], help="means of what comes on top each way, ms (default 0.03, 0.3 and 3)")
    args = parser.parse_args()
    directory = proc.scratch()
    try:
        with contextlib.ExitStack() as stack:
            paths = compare(args, directory, stack)
    finally:
        proc.remove(directory)
    rows = ["| jitter | after | polls | daemon | reducible part, mean ms (min-max) | of chronyd's | false bounds | no answer |", "| --- " * 8 + "|"]
    ratios = []
    for jitter_ms, (readers, least_s) in paths.items():
        for window in sorted(args.at):
            rows += tell(window, jitter_ms, readers, least_s, ratios)
    false = sum(said.false for readers, _ in paths.values() for reader in readers.values() for said in reader.said.values())
    met = max(ratios) <= GOAL and not false
    shortest = ", ".join(f"{least_s * 1000:.3f}" for _, least_s in paths.values())
    rows += ["", f"{args.floor:g} ms each way and an exponential rest with that mean on top; half of the shortest round trip of all was {shortest} ms; read for {args.seconds} s, "
             f"once a second, so long after the start. Geometric mean of the ratios {statistics.geometric_mean(ratios):.2f}, worst {max(ratios):.2f}. "
             f"Goal: {GOAL} of chronyd's or less, no false bound: {'met' if met else 'missed'}. Load of the machine at the end: {os.getloadavg()[1]:.1f}."]
    lab.write("bound", "The reducible part of the error bound, as served by NTP", "\n".join(rows))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
