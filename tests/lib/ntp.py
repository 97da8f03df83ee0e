"""NTP packets by hand (RFC 5905 section 7.3), for saying exactly what no decent client would say."""

import os
import socket
import struct
import time
from dataclasses import dataclass

ERA_OFFSET_S = 2208988800   # 1900-01-01 to 1970-01-01


def request(version=4, mode=3, leap=0, stratum=0, poll=0, transmit=None, origin=0):
    """A 48-byte header, random transmit timestamp unless given. Keep request[40:48] to recognise the answer."""
    transmit = os.urandom(8) if transmit is None else transmit
    return struct.pack("!BBbbIIIQQQ", leap << 6 | version << 3 | mode, stratum, poll, 0, 0, 0, 0, 0, origin, 0) + transmit


def extension(kind, length, body=None):
    """An extension field that claims `length`; the body is as long as that unless given."""
    return struct.pack("!HH", kind, length) + (bytes(max(0, length - 4)) if body is None else body)


@dataclass
class Answer:
    raw: bytes
    sent: float         # time.time() around the exchange
    received: float

    def __post_init__(self):
        (flags, self.stratum, self.poll, self.precision, delay, dispersion, refid,
         self.reference, origin, self.receive, self.transmit) = struct.unpack("!BBbbII4sQ8sQQ", self.raw[:48])
        self.leap, self.version, self.mode = flags >> 6, flags >> 3 & 7, flags & 7
        self.refid, self.origin = refid, origin
        self.root_delay_s, self.root_dispersion_s = delay / 65536, dispersion / 65536

    @staticmethod
    def unix(stamp):
        return stamp / 2**32 - ERA_OFFSET_S

    @property
    def offset_s(self):
        """Server minus this machine's clock: RFC 5905 section 8."""
        return ((self.unix(self.receive) - self.sent) + (self.unix(self.transmit) - self.received)) / 2

    @property
    def delay_s(self):
        return (self.received - self.sent) - (self.unix(self.transmit) - self.unix(self.receive))

    @property
    def bound_s(self):
        return self.root_delay_s / 2 + self.root_dispersion_s

    @property
    def usable(self):
        return self.leap != 3 and 1 <= self.stratum <= 15


class Client:
    """A UDP socket towards one server; a context manager."""

    def __init__(self, host, port, source_port=0, source=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        if source_port or source:
            self.socket.bind((source or ("::" if family == socket.AF_INET6 else "0.0.0.0"), source_port))
        self.socket.connect((host, port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.send(data)
        except ConnectionRefusedError:      # an earlier datagram's ICMP
            self.socket.send(data)

    def receive(self, timeout=1.0):
        """The next datagram's bytes, or None."""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(4096)
        except (TimeoutError, BlockingIOError, ConnectionRefusedError):
            return None

    def ask(self, data=None, timeout=1.0):
        """One exchange: the Answer that carries our transmit timestamp back, or None."""
        data = request() if data is None else data
        sent = time.time()
        self.send(data)
        raw = self.receive(timeout)
        return Answer(raw, sent, time.time()) if raw and len(raw) >= 48 else None


def ask(host, port, data=None, timeout=1.0):
    with Client(host, port) as client:
        return client.ask(data, timeout)


# ---- datagrams that no ordinary socket sends ----

def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def spoof(source, source_port, host, port, payload):
    """One UDP/IPv4 datagram with any source; the UDP checksum is 0, which means none (RFC 768)."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        raw.sendto(spoofed(source, source_port, host, port, payload), (host, 0))


def spoofed(source, source_port, host, port, payload):
    udp = struct.pack("!HHHH", source_port, port, 8 + len(payload), 0) + payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0, socket.inet_aton(source), socket.inet_aton(host))
    return header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + udp


def spoof6(source, source_port, host, port, payload, interface):
    """One UDP/IPv6 datagram with any source, out at that interface."""
    udp = struct.pack("!HHHH", source_port, port, 8 + len(payload), 0) + payload
    addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, host)
    udp = udp[:6] + struct.pack("!H", _checksum(addresses + struct.pack("!II", len(udp), socket.IPPROTO_UDP) + udp)) + udp[8:]
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(struct.pack("!IHBB", 6 << 28, len(udp), socket.IPPROTO_UDP, 64) + addresses + udp, (host, 0, 0, socket.if_nametoindex(interface)))
