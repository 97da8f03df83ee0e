#!/usr/bin/python3
"""How wide the error bound is beyond what no daemon can know, beside chronyd's, as served by NTP.

Both daemons live in network namespaces of their own and ask one true server (chronyd on `local stratum 1`, this machine's clock) through one proxy that
holds every datagram back: a floor each way, and an exponential rest. Half of the shortest round trip is irreducible: an asymmetry can hide there.
A third client, which disciplines nothing, measures that round trip all the while, ten times a second and by the kernel's stamp of arrival: the proxy, the
machine and its load add to the floor. Reducible is root delay / 2 + root dispersion, as served and so aged by the server's own rules, less that half.
Every answer is also held against this machine's clock: a bound that does not reach it is false."""

import argparse
import collections
import contextlib
import dataclasses
import heapq
import mmap
import os
import random
import select
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


class Proxy:
    """A child process; each client gets a socket of its own towards the server."""

    def __init__(self, server_port, floor_s, jitter_s):
        self.port = proc.free_port()
        self.server, self.floor_s, self.jitter_s = ("127.0.0.1", server_port), floor_s, jitter_s
        front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        front.bind(("0.0.0.0", self.port))
        self.pid = os.fork()
        if self.pid == 0:
            with contextlib.suppress(PermissionError):
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))
            self._carry(front)
        front.close()

    def _carry(self, front):
        waiting, count = [], 0
        behind, client_of, socket_of = {}, {}, {front.fileno(): front}    # client -> its socket; socket -> its client
        while True:
            pause_s = max(waiting[0][0] - time.monotonic(), 0) if waiting else 1
            for fd in select.select(list(socket_of), [], [], pause_s)[0]:    # poll would wait for whole milliseconds
                data, sender = socket_of[fd].recvfrom(4096)
                due = time.monotonic() + self.floor_s + random.expovariate(1 / self.jitter_s)
                count += 1
                if fd == front.fileno():
                    if sender not in behind:
                        back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                        behind[sender], client_of[back.fileno()], socket_of[back.fileno()] = back, sender, back
                    heapq.heappush(waiting, (due, count, behind[sender], data, self.server))
                else:
                    heapq.heappush(waiting, (due, count, front, data, client_of[fd]))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, out, data, to = heapq.heappop(waiting)
                out.sendto(data, to)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


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


def compare(args, directory, stack):
    """{(polls, daemon): Reader} after the run, and half of the shortest round trip."""
    upstream = peers.Chronyd(directory, name="upstream", lines=("local stratum 1",))
    stack.callback(upstream.stop)
    upstream.wait_serving()
    proxy = Proxy(upstream.port, args.floor / 1000, args.jitter / 1000)
    stack.callback(proxy.close)
    prober = Prober(proxy.port)
    stack.callback(prober.close)
    readers = {}
    for index, (words, polls) in enumerate(POLLS.items()):
        for name, start in (("simple-utcd", start_ours), ("chronyd", start_chronyd)):
            host = sandbox.Neighbour()
            stack.callback(host.close)
            daemon, port = start(directory, host, proxy, polls, index)
            stack.callback(daemon.stop)
            readers[words, name] = Reader(host.address, port)
    started = time.monotonic()
    for window in sorted(args.at):
        time.sleep(max(started + window - time.monotonic(), 0))
        for _ in range(args.seconds):
            begin = time.monotonic()
            for reader in readers.values():
                reader.read(window)
            time.sleep(max(begin + 1 - time.monotonic(), 0))
    return readers, prober.shortest_s / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=120, help="how long the answers are read, once a second (default 120)")
    parser.add_argument("--at", type=int, nargs="+", default=[300, 1800], help="how many seconds after the start (default 300 and 1800)")
    parser.add_argument("--floor", type=float, default=10, help="delay each way, ms (default 10)")
    parser.add_argument("--jitter", type=float, default=0.3, help="mean of what comes on top each way, ms (default 0.3)")
    args = parser.parse_args()
    directory = proc.scratch()
    try:
        with contextlib.ExitStack() as stack:
            readers, least_s = compare(args, directory, stack)
    finally:
        proc.remove(directory)
    rows = ["| after | polls | daemon | reducible part, mean ms (min-max) | of chronyd's | false bounds | no answer |", "|---|---|---|---|---|---|---|"]
    met = True
    for window in sorted(args.at):
        for (words, name), reader in readers.items():
            said = reader.said[window]
            mine, theirs = ((statistics.mean(readers[words, who].said[window].bound_s) - least_s) * 1000 for who in (name, "chronyd"))
            met = met and said.false == 0 and (name == "chronyd" or mine <= GOAL * theirs)
            rows.append(f"| {window} s | {words} | {name} | {mine:.3f} ({(min(said.bound_s) - least_s) * 1000:.3f}-{(max(said.bound_s) - least_s) * 1000:.3f}) | "
                        f"{mine / theirs:.2f} | {said.false} | {said.lost} |")
    rows += ["", f"{args.floor:g} ms each way and an exponential {args.jitter:g} ms on top; half of the shortest round trip of all was {least_s * 1000:.3f} ms; read for {args.seconds} s, once a second, so long after the start. "
             f"Goal: {GOAL} of chronyd's or less, no false bound: {'met' if met else 'missed'}. Load of the machine at the end: {os.getloadavg()[1]:.1f}."]
    lab.write("bound", "The reducible part of the error bound, as served by NTP", "\n".join(rows))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
