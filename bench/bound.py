#!/usr/bin/python3
"""How wide the error bound is beyond what no daemon can know, beside chronyd's, as served by NTP.

Both daemons live in network namespaces of their own and ask one true server (chronyd on `local stratum 1`, this machine's clock) through one proxy that
holds every datagram back: a floor each way, and an exponential rest. Half of the shortest round trip is irreducible: an asymmetry can hide there.
Reducible is root delay / 2 + root dispersion, as served and so aged by the server's own rules, less that half. Every answer is also held against
this machine's clock: a bound that does not reach it is false."""

import argparse
import contextlib
import heapq
import os
import random
import select
import signal
import socket
import statistics
import time

import lab
from lab import ntp, peers, proc, sandbox, utcd

GOAL = 0.5
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
        poller, waiting, count = select.poll(), [], 0
        behind, client_of, socket_of = {}, {}, {front.fileno(): front}    # client -> its socket; socket -> its client
        poller.register(front, select.POLLIN)
        while True:
            pause_s = max(waiting[0][0] - time.monotonic(), 0) if waiting else 1
            for fd, _ in poller.poll(pause_s * 1000):
                data, sender = socket_of[fd].recvfrom(4096)
                due = time.monotonic() + self.floor_s + random.expovariate(1 / self.jitter_s)
                count += 1
                if fd == front.fileno():
                    if sender not in behind:
                        back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                        behind[sender], client_of[back.fileno()], socket_of[back.fileno()] = back, sender, back
                        poller.register(back, select.POLLIN)
                    heapq.heappush(waiting, (due, count, behind[sender], data, self.server))
                else:
                    heapq.heappush(waiting, (due, count, front, data, client_of[fd]))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, out, data, to = heapq.heappop(waiting)
                out.sendto(data, to)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Reader:
    """Asks one daemon and keeps what it says."""

    def __init__(self, address, port, irreducible_s):
        self.client, self.irreducible_s, self.reducible_s, self.lost, self.false = ntp.Client(address, port), irreducible_s, [], 0, 0

    def read(self):
        answer = self.client.ask()
        if not answer or not answer.usable:
            self.lost += 1
            return
        self.reducible_s.append(answer.bound_s - self.irreducible_s)
        self.false += abs(answer.offset_s) > answer.bound_s + answer.delay_s / 2


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
    """{(polls, daemon): Reader} after the run."""
    upstream = peers.Chronyd(directory, name="upstream", lines=("local stratum 1",))
    stack.callback(upstream.stop)
    upstream.wait_serving()
    proxy = Proxy(upstream.port, args.floor / 1000, args.jitter / 1000)
    stack.callback(proxy.close)
    readers = {}
    for index, (words, polls) in enumerate(POLLS.items()):
        for name, start in (("simple-utcd", start_ours), ("chronyd", start_chronyd)):
            host = sandbox.Neighbour()
            stack.callback(host.close)
            daemon, port = start(directory, host, proxy, polls, index)
            stack.callback(daemon.stop)
            readers[words, name] = Reader(host.address, port, args.floor / 1000)
    time.sleep(args.settle)
    for second in range(args.seconds):
        begin = time.monotonic()
        for reader in readers.values():
            reader.read()
        time.sleep(max(begin + 1 - time.monotonic(), 0))
    return readers


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=180, help="how long the answers are read, once a second (default 180)")
    parser.add_argument("--settle", type=int, default=400, help="seconds before that (default 400)")
    parser.add_argument("--floor", type=float, default=10, help="delay each way, ms (default 10)")
    parser.add_argument("--jitter", type=float, default=0.3, help="mean of what comes on top each way, ms (default 0.3)")
    args = parser.parse_args()
    directory = proc.scratch()
    try:
        with contextlib.ExitStack() as stack:
            readers = compare(args, directory, stack)
    finally:
        proc.remove(directory)
    rows = ["| polls | daemon | reducible part, mean ms (min-max) | of chronyd's | false bounds | no answer |", "| --- | --- | --- | --- | --- | --- |"]
    met = True
    for (words, name), reader in readers.items():
        mine, theirs = (statistics.mean(readers[words, who].reducible_s) * 1000 for who in (name, "chronyd"))
        met = met and reader.false == 0 and (name == "chronyd" or mine <= GOAL * theirs)
        rows.append(f"| {words} | {name} | {mine:.3f} ({min(reader.reducible_s) * 1000:.3f}-{max(reader.reducible_s) * 1000:.3f}) | {mine / theirs:.2f} | "
                    f"{reader.false} | {reader.lost} |")
    rows += ["", f"{args.floor:g} ms each way and an exponential {args.jitter:g} ms on top; read for {args.seconds} s, once a second, {args.settle} s after the start. "
             f"Goal: {GOAL} of chronyd's or less, no false bound."]
    lab.write("bound", "The reducible part of the error bound, as served by NTP", "\n".join(rows))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
