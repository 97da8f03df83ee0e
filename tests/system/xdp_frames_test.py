"""The same frames to an interface with ntp.xdp and to one without: odd, damaged and plain ones have the same answers, but for time, or the same silence.

Addresses and hardware addresses differ from street to street, and what depends on time is left out; the rest of each answer's frame is compared."""

import contextlib
import random
import select
import socket
import struct
import time

import pytest
from lib import ntp, sandbox, utcd
from xdp_test import Street, pytestmark as pytestmark  # noqa: PLC0414 (the same conditions)

ETH_P_ALL, PACKET_OUTGOING = 3, 4
FIRST_PORT = 20000      # each frame has a source port of its own, by which its answer is known
SETTLE_S = 0.25
DECK = 60               # frames under way at a time: the queues of a veth hold them


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Wire:
    """Frames as they are, from the neighbour's end."""

    def __init__(self, neighbour):
        self.neighbour = neighbour
        with neighbour.inside():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.socket.bind((neighbour.far, 0))
            self.mac = self.socket.getsockname()[4]
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as ours:
            ours.bind((neighbour.link, 0))
            self.to_mac = ours.getsockname()[4]

    def frame(self, case):
        """The frame of a case, by our addresses."""
        n, v6 = self.neighbour, case["v6"]
        family = socket.AF_INET6 if v6 else socket.AF_INET
        source, target = (socket.inet_pton(family, a) for a in ((n.address6, n.ours6) if v6 else (n.address, n.ours)))
        payload = case["payload"]
        length = max(0, 8 + len(payload) + case["udp_length"])
        udp = struct.pack("!HHHH", case["from"], case["to"], length, 0) + payload
        if v6:
            pseudo = source + target + struct.pack("!II", length, 17)
            header = struct.pack("!IHBB", (6 + case["version"]) << 28 | case["tos"] << 20 | case["label"], max(0, len(udp) + case["length"]),
                                 case["protocol"], case["ttl"]) + source + target
        else:
            pseudo = source + target + struct.pack("!HH", 17, length)
            header = struct.pack("!BBHHHBBH", 0x45 + (case["version"] << 4) + case["ihl"], case["tos"], max(0, 20 + len(udp) + case["length"]), case["id"],
                                 case["fragment"], case["ttl"], case["protocol"], 0) + source + target
            header = header[:10] + struct.pack("!H", checksum(header) ^ case["damage"]) + header[12:]
        covered = udp[:max(8, length)]
        udp = udp[:6] + struct.pack("!H", checksum(pseudo + covered) or 0xFFFF) + udp[8:]
        kind = 0x86DD if v6 else 0x0800
        return self.to_mac + self.mac + struct.pack("!H", kind) + header + udp + bytes(case["padding"])

    def send(self, cases):
        for case in cases:
            with contextlib.suppress(OSError):
                self.socket.send(self.frame(case))

    def answers(self, settle_s):
        """{source port: what is alike in the answers} of what comes within that time."""
        found, end = {}, time.monotonic() + settle_s
        while select.select([self.socket], [], [], max(0, end - time.monotonic()))[0]:
            frame, where = self.socket.recvfrom(2048)
            if where[2] != PACKET_OUTGOING and (answer := datagram_of(frame[14:])):
                found.setdefault(answer[0], []).append(answer[1])
        return {port: sorted(all_of) for port, all_of in found.items()}


def differing(wires, cases, settle_s):
    """Cases with their answers, where the two differ, and how many were answered."""
    for wire in wires:
        wire.send(cases)
    found = [wire.answers(settle_s) for wire in wires]
    return [(case, *(f.get(case["from"]) for f in found)) for case in cases if found[0].get(case["from"]) != found[1].get(case["from"])], len(found[0])


def datagram_of(packet):
    """(port it went to, what is alike in all answers to one request) of a UDP datagram; None for what is none."""
    if packet[0] >> 4 == 4 and packet[9] == 17:
        fixed, udp = packet[:2] + packet[6:9], packet[20:struct.unpack("!H", packet[2:4])[0]]
    elif packet[0] >> 4 == 6 and packet[6] == 17:
        fixed, udp = bytes([packet[0], packet[1] & 0xF0, packet[7]]), packet[40:40 + struct.unpack("!H", packet[4:6])[0]]
    else:
        return None
    source, target, length, _ = struct.unpack("!HHHH", udp[:8])
    data = udp[8:]
    timeless = data[:8] + data[12:16] + data[24:32] if len(data) >= 48 else bytes(len(data))
    return target, (fixed, source, length, len(data), timeless)


PLAIN = {"v6": False, "version": 0, "ihl": 0, "tos": 0, "label": 0, "id": 7, "fragment": 0x4000, "ttl": 64, "protocol": 17, "length": 0, "damage": 0,
         "udp_length": 0, "padding": 0}


def changed(rng, case):
    """One thing is other than it should be, or only unusual."""
    payload = bytearray(case["payload"])
    what = rng.choice(["bits", "bits", "first", "length", "udp_length", "both", "padding", "cut", "longer", "header", "ttl", "fragment", "damage", "from"])
    if what == "bits" and payload:
        payload[rng.randrange(len(payload))] ^= 1 << rng.randrange(8)
    elif what == "first" and payload:
        payload[0] = rng.randrange(256)
    elif what in ("length", "udp_length"):
        case[what] = rng.choice([-60, -48, -28, -9, -8, -7, -4, -3, -1, 1, 4, 20, 1400])
    elif what == "both":
        case["length"] = case["udp_length"] = rng.choice([-52, -48, -12, -10, -8, -5, -4, -1, 1, 4, 12, 18, 1000])
    elif what == "padding":
        case["padding"] = rng.choice([1, 2, 4, 14, 18, 60])
    elif what == "cut":
        del payload[rng.randrange(len(payload) + 1):]
    elif what == "longer":
        payload += bytes(rng.choice([1, 4, 20, 24, 28, 500]))
    elif what == "header":
        name = rng.choice(["version", "ihl", "tos", "label", "id", "protocol"])
        case[name] = rng.choice([-1, 1]) if name in ("version", "ihl") else rng.randrange(256)
    elif what == "ttl":
        case["ttl"] = rng.choice([0, 1, 255])
    elif what == "fragment":
        case["fragment"] = rng.choice([0, 0x2000, 0x6000, 0x8000, 0x4001, 1])
    elif what == "damage":
        case["damage"] = 1 << rng.randrange(16)
    elif what == "from":
        case["from"] = rng.choice([0, 7, 13, 17, 19, 37, 53, 123])
    case["payload"] = bytes(payload)


def cases_of(rng, count, ports):
    """Cases with source ports of their own; those that have one of another service are told apart by nothing, and must be silent or one a deck."""
    for i in range(count):
        service = rng.choice(["ntp", "ntp", "time"])
        payload = ntp.request(version=rng.choice([3, 4]), poll=rng.randrange(-9, 20), transmit=rng.randbytes(8)) if service == "ntp" \
            else rng.randbytes(rng.choice([0, 0, 1, 3, 4, 5, 18]))
        case = {**PLAIN, "v6": rng.random() < 0.4, "from": FIRST_PORT + i, "to": ports[service], "payload": payload}
        for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3])):
            changed(rng, case)
        yield case


@pytest.fixture(scope="module", params=[("driver", utcd.PROCESSES), ("generic", utcd.ONE_PROCESS)], ids=["driver", "generic"])
def streets(request, session_lab, isolated):
    """One with XDP and one without, to one daemon."""
    other = session_lab.neighbour()
    street = Street(session_lab, *request.param, local={**utcd.LOCAL, "public": True, "error": "100ms"})
    with other.inside():    # so that the neighbours know each other's hardware addresses
        assert ntp.ask(other.ours, street.port) and ntp.ask(other.ours6, street.port)
    yield street, Wire(street.neighbour), Wire(other)
    street.daemon.stop()
    street.close()


@pytest.mark.parametrize("seed", range(4))
def test_frames_that_were_changed_are_answered_alike(streets, seed):
    street, by_xdp, by_sockets = streets
    rng = random.Random(seed)
    cases = list(cases_of(rng, 8 * DECK, {"ntp": street.port, "time": street.time_port}))
    before, answered, odd = street.by_xdp()[0] + street.by_xdp("TIME")[0], 0, []
    for first in range(0, len(cases), DECK):
        doubtful, count = differing((by_sockets, by_xdp), cases[first:first + DECK], SETTLE_S)
        answered += count
        if doubtful:    # a busy machine may have lost some
            odd += differing((by_sockets, by_xdp), [case for case, *_ in doubtful], 4 * SETTLE_S)[0]
    assert not odd, "\n".join(f"{case}\n  by sockets {a}\n  by XDP     {b}" for case, a, b in odd[:12]) + f"\n{len(odd)} in all"
    assert answered > len(cases) / 4 and street.by_xdp()[0] + street.by_xdp("TIME")[0] - before > len(cases) / 8
