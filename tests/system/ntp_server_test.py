"""Bad NTP requests over the socket of the running daemon: nothing comes out, the refusal is counted by its reason, nothing else changes."""

import os
import signal
import socket
import struct

import pytest

from lib import ntp, proc, utcd

HOST, PORT = "127.0.0.1", 123
TRAFFIC = ("reach", "sent", "accepted", "offset_ns", "bound_ns", "delay_ns", "jitter_ns", "last_answer_age_ns", "verdicts", "poll_log2_s", "root_dispersion_ns",
           "root_delay_ns", "delay_floor_ns", "delay_excess_ns")     # what polling a source changes by itself


def standing(status):
    """What no request from outside may change."""
    return ([{k: v for k, v in s.items() if k not in TRAFFIC} for s in status["sources"]],
            {k: status["clock"][k] for k in ("status", "stratum", "reference_id", "leap", "steps", "mode", "sources_total")})


def service(status, name="NTP"):
    return next(s for s in status["services"] if s["name"] == name)


def judge(server, send, count=1, host=HOST):
    """Let send(client) send `count` requests, then a good one from another socket. Returns (datagrams out, {verdict: how often}),
    after asserting that the good one was answered and that the daemon stands as before."""
    before = server.status()
    want = service(before)["requests"] + count + 1
    out = []
    with ntp.Client(host, PORT) as client:
        send(client)
        assert ntp.ask(host, PORT, timeout=2), "a good request is not answered any more"
        after = server.wait_status(lambda s: service(s)["requests"] >= want, what="the requests were not counted")
        while (data := client.receive(0.005)) is not None:
            out.append(data)
    assert service(after)["requests"] == want
    assert standing(after) == standing(before)
    verdicts = {k: n - service(before)["verdicts"].get(k, 0) for k, n in service(after)["verdicts"].items()}
    verdicts["answered"] -= 1
    return out, {k: n for k, n in verdicts.items() if n}


def refused(server, label, *datagrams):
    out, verdicts = judge(server, lambda client: [client.send(d) for d in datagrams], len(datagrams))
    assert out == []
    assert verdicts == {label: len(datagrams)}


def answered(server, data):
    out, verdicts = judge(server, lambda client: client.send(data))
    assert verdicts == {"answered": 1} and len(out) == 1
    assert len(out[0]) == 48 <= len(data)
    answer = ntp.Answer(out[0], 0, 0)
    assert answer.origin == data[40:48]
    assert (answer.leap, answer.stratum) == (0, 4)
    return answer


def tail(*parts):
    return ntp.request() + b"".join(parts)


REFUSED = [
    ("NTP_01_too_short", "short", [b"", *(ntp.request()[:n] for n in (1, 12, 47))]),
    ("NTP_02_no_multiple_of_four", "length", [ntp.request() + bytes(n) for n in (1, 2, 3, 5)]),
    ("NTP_03_version_0", "version", [ntp.request(version=0)]),
    ("NTP_04_version_above_4", "version", [ntp.request(version=v) for v in (5, 6, 7)]),
    ("NTP_05_version_4_mode_0", "mode", [ntp.request(mode=0)]),
    ("NTP_06_control_mode", "private_mode", [bytes([v << 3 | 6, op]) + bytes(n) for v in (2, 4) for op in (1, 2, 8, 10, 11, 12, 31) for n in (10, 46, 478)]),
    ("NTP_07_monlist", "private_mode", [bytes([0x17, 0, 3, 0x2A]) + bytes(n) for n in (0, 4, 44, 188)]),
    ("NTP_07_every_private_request", "private_mode", [bytes([0x17, 0, 3, code]) + bytes(44) for code in range(256)]),
    ("NTP_08_answers_from_strangers", "mode", [ntp.request(mode=m, stratum=2) for m in (2, 4, 5)]),
    ("NTP_09_symmetric_active", "symmetric", [ntp.request(mode=1, version=v) for v in (1, 3, 4)]),
    ("NTP_12_field_length_below_4", "extension", [tail(ntp.extension(0x104, n, bytes(24))) for n in range(4)]),
    ("NTP_13_field_longer_than_the_rest", "extension", [tail(ntp.extension(0x104, 29, bytes(24))), tail(ntp.extension(0x104, 65532, bytes(24)))]),
    ("NTP_14_field_no_multiple_of_four", "extension", [tail(ntp.extension(0x104, n, bytes(36))) for n in (17, 30)]),
    ("NTP_17_unknown_key", "key_unknown", [tail(struct.pack("!I", 77), os.urandom(16))]),
    ("NTP_19_key_0", "key_unknown", [tail(struct.pack("!I", 0), os.urandom(16))]),
    ("NTP_31_version_3_with_a_tail", "length", [ntp.request(version=3) + bytes(n) for n in range(1, 20) if n % 4]),
    ("NTP_31_version_3_with_a_short_mac", "mac", [ntp.request(version=3) + bytes(n) for n in (8, 12, 16)]),
    ("NTP_31_version_3_with_a_crypto_nak", "crypto_nak", [ntp.request(version=3) + bytes(4)]),
]


@pytest.mark.parametrize("label, datagrams", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(server, label, datagrams):
    refused(server, label, *datagrams)


def test_NTP_05_version_1_mode_0_is_a_client_unless_from_123(server):
    data = ntp.request(version=1, mode=0)
    answer = answered(server, data)
    assert (answer.version, answer.mode) == (1, 4)

    def from_123(_):
        ntp.spoof("127.0.0.9", 123, HOST, PORT, data)
    assert judge(server, from_123) == ([], {"mode": 1})


def test_NTP_10_zero_transmit_timestamp_is_answered(server):
    assert answered(server, ntp.request(transmit=bytes(8))).origin == bytes(8)


def test_NTP_11_every_field_all_ones(server):
    answer = answered(server, b"\x23" + b"\xff" * 47)
    assert (answer.version, answer.mode, answer.refid) == (4, 4, socket.inet_aton("127.0.0.1"))
    assert answer.root_dispersion_s < 1 and answer.precision < 0


@pytest.mark.parametrize("size", [16, 20, 24])
def test_NTP_15_lone_field_that_may_be_a_mac_is_dropped(server, size):
    out, verdicts = judge(server, lambda client: client.send(tail(ntp.extension(0x104, size))))
    assert out == [] and sum(verdicts.values()) == 1 and set(verdicts) <= {"mac", "extension", "key_unknown"}


@pytest.mark.parametrize("size", [28, 64, 512])
def test_NTP_16_unknown_field_is_ignored(server, size):
    answered(server, tail(ntp.extension(0x7F77, size, os.urandom(size - 4))))


@pytest.mark.parametrize("size", [4, 8, 12, 24, 28, 68])
def test_NTP_18_digest_of_impossible_length_is_dropped(server, size):
    out, verdicts = judge(server, lambda client: client.send(tail(struct.pack("!I", 1), os.urandom(size))))
    assert out == [] and sum(verdicts.values()) == 1 and set(verdicts) <= {"mac", "extension", "key_unknown"}


@pytest.mark.parametrize("port", [0, 7, 13, 17, 19, 37, 53])
def test_NTP_21_source_port_of_another_service(server, port):
    assert judge(server, lambda _: ntp.spoof("127.0.0.9", port, HOST, PORT, ntp.request())) == ([], {"source_port": 1})


def test_NTP_22_request_from_ourselves(server):
    assert judge(server, lambda _: ntp.spoof(HOST, PORT, HOST, PORT, ntp.request())) == ([], {"self": 1})


BROADCAST = """
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
client.settimeout(0.05)
for address in sys.argv[3:]:
    client.sendto(b"\\x23" + bytes(47), (address, int(sys.argv[2])))
try:
    print(client.recvfrom(100))
except TimeoutError:
    pass
"""


def test_NTP_23_broadcast_and_multicast_destinations(lab):
    """From a neighbour: to everybody, to our network, to a group that somebody here has joined."""
    neighbour, port = lab.neighbour(), proc.free_port()
    daemon = lab.utcd({"local": {**utcd.LOCAL, "public": True}, "ntp": {"listen": [f"*:{port}"]}})
    daemon.wait_answering(HOST, port)
    before = daemon.counters()[1]
    network = neighbour.ours.rpartition(".")[0] + ".255"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as member:
        member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.1.1") + socket.inet_aton(neighbour.ours))
        done = proc.run(neighbour.argv("/usr/bin/python3", "-c", BROADCAST, neighbour.far, port, "255.255.255.255", network, "224.0.1.1"))
    assert (done.stdout, done.stderr) == ("", "")
    status = daemon.wait_status(lambda s: service(s)["verdicts"].get("destination", 0) == 3, what="not refused for their destination")
    assert service(status)["verdicts"]["answered"] == before["answered"]


def test_NTP_25_many_spoofed_sources_cost_no_memory(server):
    def resident_kib():
        """Of the daemon's own making: pages of the program itself come and go as it runs."""
        return sum(int(line.split()[1]) for pid in proc.session_members(server.pid) for line in open(f"/proc/{pid}/status")
                   if line.startswith(("RssAnon", "RssShmem")))
    sources = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(1, 20001)]
    request = ntp.request()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        def flood_once(addresses):
            for address in addresses:
                raw.sendto(ntp.spoofed(address, 40000, HOST, PORT, request), (HOST, 0))

        def flood(addresses):
            """In portions that the socket's queue holds."""
            for first in range(0, len(addresses), 100):
                flood_once(addresses[first:first + 100])
                assert ntp.ask(HOST, PORT, timeout=2)
        requests = server.counters()[0]
        for signal_number in (signal.SIGSTOP, signal.SIGCONT):     # what waits in between comes as one full batch: touches what is touched once
            for pid in proc.session_members(server.pid):
                os.kill(pid, signal_number)
            flood_once(sources[:100])
        flood(sources[100:1000])
        before = resident_kib()
        flood(sources[1000:])
    assert server.counters()[0] - requests > 19000, "the flood did not arrive"
    assert resident_kib() - before <= 64


def test_NTP_28_never_synchronised_is_never_usable(lab):
    port, nobody = proc.free_port(), proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(nobody)], "ntp": {"listen": [f"127.0.0.1:{port}"]}})
    answer = daemon.wait_answering(HOST, port)
    assert (answer.leap, answer.stratum, answer.refid) == (3, 0, b"INIT")
    assert daemon.status()["clock"]["stratum"] == 0 and not daemon.status()["clock"]["usable"]


def test_NTP_30_an_origin_of_somebody_else_gets_a_basic_answer(server):
    other = ntp.ask(HOST, PORT)
    answer = answered(server, ntp.request(origin=other.receive))
    assert answer.transmit != other.transmit
