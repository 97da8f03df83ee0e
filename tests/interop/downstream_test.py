"""Real clients read the right time from our daemon, and tshark finds nothing wrong with what it sends."""

import calendar
import json
import re
import time

import ntplib
import pytest

from lib import capture, ntp, peers, proc, utcd

HOSTS = ["127.0.0.1", "::1"]


def stated_bound_s(server):
    return server.status()["clock"]["bound_ns"] / 1e9


@pytest.mark.parametrize("host", HOSTS)
def test_chronyd(server, lab, host):
    """One exchange, stamped by the kernel at both ends: to the bound comes half of a round trip over loopback, far below 1 ms."""
    assert abs(peers.chronyd_query(lab.dir, host, 123)) <= stated_bound_s(server) + 0.001


@pytest.mark.parametrize("host", HOSTS)
def test_ntpdig(server, host):
    """Its distance is half of its round trip and what reading a clock costs; how far we may be off comes to that."""
    before = stated_bound_s(server)
    found = peers.ntpdig(host)
    assert found, "it refused our answer"
    offset, distance = found
    assert abs(offset) <= distance + max(before, stated_bound_s(server))


@pytest.mark.parametrize("version", [1, 2, 3, 4])
@pytest.mark.parametrize("host", HOSTS)
def test_ntplib_in_every_version(server, host, version):
    answer = ntplib.NTPClient().request(host, version=version, timeout=2)
    assert (answer.version, answer.mode, answer.leap, answer.stratum) == (version, 4, 0, 4)
    assert abs(answer.offset) <= answer.root_delay / 2 + answer.root_dispersion + answer.delay / 2


def rdate_time(text):
    """'Mon Nov 23 02:07:30 UTC 2026' as Unix time."""
    return calendar.timegm(time.strptime(re.sub(r" UTC", "", text), "%a %b %d %H:%M:%S %Y"))


RDATES = {
    "busybox_time_tcp": ("busybox", ["127.0.0.1"]),
    "time_tcp": ("rdate", ["127.0.0.1"]),
    "time_udp": ("rdate", ["-u", "127.0.0.1"]),
    "time_tcp_ipv6": ("rdate", ["-6", "::1"]),
    "sntp": ("rdate", ["-n", "127.0.0.1"]),
    "sntp_ipv6": ("rdate", ["-6", "-n", "::1"]),
}


@pytest.mark.parametrize("program, args", RDATES.values(), ids=RDATES)
def test_rdate(server, program, args):
    before = int(time.time())
    code, out, err = peers.rdate(*args, program=program)
    assert code == 0, err
    assert before - 1 <= rdate_time(out) <= time.time() + 1


@pytest.mark.parametrize("protocol, port", [("ntp", 123), ("time", 37), ("daytime", 13)])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_utcctl_query(server, host, protocol, port):
    done = proc.run([utcd.UTCCTL, "query", f"{host}:{port}", "--proto", protocol, "--json"])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    answer = found["answers"][found["best"]]
    assert abs(answer["offset_ns"]) <= answer["error_ns"]
    assert answer["error_ns"] < (50_000_000 if protocol == "ntp" else 2_000_000_000)
    table = proc.run([utcd.UTCCTL, "query", f"{host}:{port}", "--proto", protocol])
    assert table.returncode == 0 and table.stdout.strip()


SYMMETRIC, UNSYNCHRONISED = 1123, 2123
AS_NTP = ("-d", f"udp.port=={SYMMETRIC},ntp", "-d", f"udp.port=={UNSYNCHRONISED},ntp")


@pytest.fixture(scope="module")
def wire(server, session_lab):
    """Every kind of message we send, captured: NTP in four versions and not synchronised, symmetric passive, requests of our own, TIME, DAYTIME."""
    with capture.Capture() as frames:
        other = session_lab.utcd({"sources": [utcd.source(123)], "ntp": {"listen": [f"127.0.0.1:{SYMMETRIC}"], "symmetric_reply": True}},
                                 name=f"client-of-{server.mode}")
        other.wait_answering("127.0.0.1", SYMMETRIC)
        never = session_lab.utcd({"ntp": {"listen": [f"127.0.0.1:{UNSYNCHRONISED}"]}}, name=f"unsynchronised-{server.mode}")
        never.wait_answering("127.0.0.1", UNSYNCHRONISED)
        other.wait_status(lambda s: s["clock"]["status"] == "synchronised" and s["sources"][0]["reach"] & 0xF == 0xF)
        for host in HOSTS:
            for version in (1, 2, 3, 4):
                assert ntp.ask(host, 123, ntp.request(version=version))
            for port in (37, 13):
                proc.run([peers.binary("busybox"), "nc", "-w", "2", host, str(port)])
            with ntp.Client(host, 37) as client:
                client.send(b"time")
                assert client.receive()
        assert ntp.ask("127.0.0.1", SYMMETRIC, ntp.request(mode=1)).mode == 2
        path = frames.save(session_lab.dir / f"wire-{server.mode}.pcap")
    other.stop()
    never.stop()
    return path


def test_tshark_dissects_all_without_complaint(wire):
    assert capture.complaints(wire, AS_NTP) == []


@pytest.mark.parametrize("kind, filter_, least", [
    ("our requests", "ntp && udp.dstport == 123 && ntp.flags.mode == 3", 4),
    ("answers, version 1", "udp.srcport == 123 && ntp.flags.vn == 1 && ntp.flags.mode == 4", 2),
    ("answers, version 2", "udp.srcport == 123 && ntp.flags.vn == 2 && ntp.flags.mode == 4", 2),
    ("answers, version 3", "udp.srcport == 123 && ntp.flags.vn == 3 && ntp.flags.mode == 4", 2),
    ("answers, version 4", "udp.srcport == 123 && ntp.flags.vn == 4 && ntp.flags.mode == 4 && ntp.stratum == 4 && ntp.flags.li == 0", 4),
    ("not synchronised", "udp.srcport == 2123 && ntp.flags.li == 3 && ntp.stratum == 0", 1),
    ("symmetric passive", "udp.srcport == 1123 && ntp.flags.mode == 2", 1),
    ("TIME over UDP", "udp.srcport == 37 && time", 2),
    ("TIME over TCP", "tcp.srcport == 37 && tcp.len == 4", 2),
    ("DAYTIME over TCP", "tcp.srcport == 13 && daytime", 2),
])
def test_tshark_sees_every_kind_of_message(wire, kind, filter_, least):
    assert len(capture.dissect(wire, filter_, ("frame.number",), AS_NTP)) >= least, f"{kind} were not captured"


def test_our_requests_tell_nothing_about_this_machine(wire):
    """Data minimisation: version 4, mode 3, everything zero but a transmit timestamp that is no time; a new port each time (RFC 9109)."""
    rows = capture.dissect(wire, "udp.dstport == 123 && udp.srcport != 1123 && ip.dst == 127.0.0.1 && ntp.flags == 0x23",
                           ("udp.srcport", "ntp.stratum", "ntp.rootdelay", "ntp.rootdispersion", "ntp.reftime", "ntp.org", "ntp.rec"), AS_NTP)
    ours = [row for row in rows if row[1] == "0"]
    assert len(ours) >= 4
    assert len({row[0] for row in ours}) == len(ours)
    assert all(row[2:4] == ["0", "0"] for row in ours)
