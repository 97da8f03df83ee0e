#!/usr/bin/python3
"""The error of timestamps each way, in basic and in interleaved mode, of our daemon and of chronyd in turn, over loopback and over a veth pair.

All programs share one machine clock, so every offset ought to be 0 and every way has its true length: what is measured is error. First as servers: a probe
with kernel stamps at its own end asks each of them in both modes in turn. Then as clients: each follows the same chronyd in one mode, and the probe asks it for
the time it makes of that. Wants an otherwise idle machine and the right to make network namespaces."""

import argparse
import getpass
import os
import socket
import statistics
import struct
import time

import lab
from lab import ntp, peers, proc, sandbox, utcd

SO_TIMESTAMPING = 37
STAMPS = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 11     # TX_SOFTWARE, RX_SOFTWARE, SOFTWARE, OPT_TSONLY (linux/net_tstamp.h)
BASIC, INTERLEAVED = "basic", "interleaved"


def ns(raw):
    """An NTP timestamp of this era as Unix time in ns."""
    return ((raw >> 32) - ntp.ERA_OFFSET_S) * 10**9 + ((raw & 0xFFFFFFFF) * 10**9 >> 32)


def stamp_of(control):
    for level, kind, data in control:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPING):
            return struct.unpack_from("qq", data)[0] * 10**9 + struct.unpack_from("qq", data)[1]
    raise SystemExit("the kernel gives no timestamps here")


class Probe:
    """A client with kernel stamps. Its interleaved exchanges form one chain, its basic ones stand alone."""

    def __init__(self, host, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, STAMPS)
        self.socket.connect((host, port))
        self.socket.settimeout(1)
        self.previous = None        # t1, t2, t4 of the last interleaved exchange, t2 as raw

    def _exchange(self, origin, receive):
        request = ntp.request(origin=origin)[:32] + receive + os.urandom(8)
        self.socket.send(request)
        raw, control, _, _ = self.socket.recvmsg(100, 512)
        _, sent, _, _ = self.socket.recvmsg(100, 512, socket.MSG_ERRQUEUE)
        return request, ntp.Answer(raw, 0, 0), stamp_of(sent), stamp_of(control)

    def basic(self):
        """(there, back) in ns, or None."""
        request, a, t1, t4 = self._exchange(0, bytes(8))
        assert a.origin == request[40:48]
        return ns(a.receive) - t1, t4 - ns(a.transmit)

    def interleaved(self):
        """The same of the exchange before; None where that is not known."""
        origin = self.previous[1] if self.previous else 0
        request, a, t1, t4 = self._exchange(origin, os.urandom(8) if origin else bytes(8))
        before, self.previous = self.previous, (t1, a.receive, t4)
        if a.origin == request[40:48]:
            return None
        return ns(before[1]) - before[0], before[2] - ns(a.transmit)

    def collect(self, count, every_s=0.02):
        """{mode: [(there, back)]}."""
        found = {BASIC: [], INTERLEAVED: []}
        for _ in range(count):
            for mode, ask in ((BASIC, self.basic), (INTERLEAVED, self.interleaved)):
                ways = ask()
                if ways:
                    found[mode].append(ways)
                time.sleep(every_s)
        return found


def figures(values):
    """'mean ± standard deviation' in us, of the middle 98 %: this machine is interrupted now and then."""
    values = sorted(values)
    cut = len(values) // 100
    values = values[cut:len(values) - cut]
    return f"{statistics.mean(values) / 1000:.2f} ± {statistics.pstdev(values) / 1000:.2f}"


class Place:
    """Where the far end is: loopback, or the other end of a veth pair."""

    def __init__(self, name):
        self.name = name
        self.neighbour = sandbox.Neighbour() if name == "veth" else None
        self.host = self.neighbour.address if self.neighbour else "127.0.0.1"
        self.prefix = tuple(self.neighbour.argv()) if self.neighbour else ()
        self.directory = proc.scratch()
        self.base = peers.Chronyd(self.directory, "base", prefix=self.prefix, bind=(self.host,))
        self.base.wait_serving(self.host)

    def close(self):
        if self.neighbour:
            self.neighbour.close()
        proc.remove(self.directory)


def server_rows(place, count):
    port = proc.free_port()
    ours = utcd.Utcd(place.directory, {"sources": [utcd.source(place.base.port, place.host, min_poll=-4, max_poll=-4)], "ntp": {"listen": [f"{place.host}:{port}"]}},
                     utcd.PROCESSES, prefix=place.prefix)
    ours.wait_synchronised()
    time.sleep(5)
    probes = {"simple-utcd": Probe(place.host, port), "chronyd": Probe(place.host, place.base.port)}
    found = {name: {BASIC: [], INTERLEAVED: []} for name in probes}
    for _ in range(10):
        for name, probe in probes.items():
            for mode, ways in probe.collect(count // 10).items():
                found[name][mode] += ways
    ours.stop()
    for name, modes in found.items():
        for mode, ways in modes.items():
            yield [place.name, name, mode, len(ways), figures([w[0] for w in ways]), figures([w[1] for w in ways]),
                   figures([(w[0] - w[1]) / 2 for w in ways]), figures([w[0] + w[1] for w in ways])]


def client(place, name, mode):
    """A daemon here that follows the far chronyd and serves what it makes of it: (process, port)."""
    port = proc.free_port()
    if name == "chronyd":
        line = f"server {place.host} port {place.base.port} minpoll -4 maxpoll -4" + (" xleave" if mode == INTERLEAVED else "")
        return peers.Chronyd(place.directory, "client", port, (line, f"user {getpass.getuser()}"), bind=("127.0.0.1",)).wait_serving(timeout=20), port
    daemon = utcd.Utcd(place.directory, {"sources": [utcd.source(place.base.port, place.host, min_poll=-4, max_poll=-4, interleaved=mode == INTERLEAVED)],
                                         "ntp": {"listen": [f"127.0.0.1:{port}"]}}, utcd.PROCESSES, name="client")
    daemon.wait_synchronised()
    return daemon, port


def client_rows(place, seconds):
    for name in ("simple-utcd", "chronyd"):
        for mode in (BASIC, INTERLEAVED):
            daemon, port = client(place, name, mode)
            time.sleep(seconds)
            ways = Probe("127.0.0.1", port).collect(int(seconds / 0.04))[INTERLEAVED]
            daemon.stop()
            yield [place.name, name, mode, len(ways), figures([(w[0] - w[1]) / 2 for w in ways])]


def table(head, rows):
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, ["---"] * len(head), *rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="exchanges of each kind with each server")
    parser.add_argument("--seconds", type=float, default=10, help="how long a client settles, and is then watched")
    options = parser.parse_args()
    servers, clients = [], []
    for name in ("loopback", "veth"):
        place = Place(name)
        try:
            servers += server_rows(place, options.count)
            clients += client_rows(place, options.seconds)
        finally:
            proc.stop_all()
            place.close()
    body = "\n".join([
        "Mean ± standard deviation in µs of the middle 98 %. One machine clock: the true offset is 0.", "",
        "## As servers, asked by a probe with kernel stamps", "",
        table(["path", "server", "mode", "exchanges", "there (t2 - t1)", "back (t4 - t3)", "offset", "delay"], servers), "",
        "## As clients of one chronyd at 16 polls a second: error of the time they serve", "",
        table(["path", "client", "mode", "readings", "error"], clients)])
    lab.write("timestamps", "The error of timestamps each way", body)


if __name__ == "__main__":
    main()
