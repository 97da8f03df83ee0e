"""TIME (RFC 868) and DAYTIME (RFC 867) over the sockets of the running daemon."""

import calendar
import contextlib
import os
import re
import signal
import socket
import struct
import time

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
TIME, DAYTIME = 37, 13
DAYTIME_LINE = re.compile(rb"[A-Z][a-z]+day, [A-Z][a-z]+ \d\d?, \d{4} \d\d:\d\d:\d\d-UTC\r\n")


def stream(port, host=HOST):
    """All bytes until the server closes."""
    with socket.create_connection((host, port), timeout=10) as connection:
        data = b""
        while part := connection.recv(100):
            data += part
        return data


def time_of(data):
    assert len(data) == 4
    return struct.unpack("!I", data)[0] - (ntp.ERA_OFFSET_S % 2**32)


def counters(server, name):
    requests, verdicts = server.counters(name)
    return requests, dict(verdicts)


def descriptors(server):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in proc.session_members(server.pid))


@pytest.mark.parametrize("host", [HOST, "::1"])
def test_time_and_daytime_tell_the_time(server, host):
    before = int(time.time())
    assert before <= time_of(stream(TIME, host)) <= time.time()
    with ntp.Client(host, TIME) as client:
        client.send(b"what time")
        assert before <= time_of(client.receive()) <= time.time()
    line = stream(DAYTIME, host)
    assert DAYTIME_LINE.fullmatch(line), line
    told = time.strptime(line.decode().strip(), "%A, %B %d, %Y %H:%M:%S-UTC")
    assert before <= calendar.timegm(told) <= time.time()


@pytest.mark.parametrize("size", [0, 1, 1472])
def test_TD_01_one_small_answer_to_any_datagram(server, size):
    with ntp.Client(HOST, TIME) as client:
        client.send(bytes(size))
        assert len(client.receive()) == 4
        assert client.receive(0.02) is None


def test_TD_01_an_empty_request_over_ipv6_is_not_answered(server):
    before = counters(server, "TIME")
    with ntp.Client("::1", TIME) as client:
        client.send(b"")
        client.send(b"time")
        assert len(client.receive()) == 4, "a request of four bytes is"
        assert client.receive(0.02) is None
    after = counters(server, "TIME")
    assert after[1].get("not_listed", 0) - before[1].get("not_listed", 0) == 1


def test_TD_02_daytime_over_udp_is_off_unless_listed(server, lab):
    with ntp.Client(HOST, DAYTIME) as client:
        client.send(b"x")
        assert client.receive(0.05) is None
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "daytime": {"listen": [f"{HOST}:{port}"], "udp_from": ["127.0.0.8/32"]}})
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    for source, answer in (("127.0.0.8", True), ("127.0.0.9", False)):
        with ntp.Client(HOST, port, source=source) as client:
            client.send(b"x")
            data = client.receive(1 if answer else 0.05)
            assert bool(data) == answer
            assert not data or DAYTIME_LINE.fullmatch(data)
    assert daemon.counters("DAYTIME")[1] == {"answered": 1, "not_listed": 1}


@pytest.mark.parametrize("port", [7, 13, 19, 37, 123])
def test_TD_03_source_port_of_another_service(server, port):
    before = counters(server, "TIME")
    ntp.spoof("127.0.0.9", port, HOST, TIME, b"time")
    server.wait_status(lambda _: counters(server, "TIME")[0] == before[0] + 1, what="not counted")
    after = counters(server, "TIME")
    assert after[1]["source_port"] == before[1].get("source_port", 0) + 1
    assert after[1]["answered"] == before[1].get("answered", after[1]["answered"])


def test_TD_04_not_synchronised_is_silent(lab):
    time_port, daytime_port = proc.free_port(), proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(proc.free_port())], "time": {"listen": [f"{HOST}:{time_port}"]},
                       "daytime": {"listen": [f"{HOST}:{daytime_port}"]}})
    daemon.wait_status(lambda s: s["clock"]["status"] == "not synchronised")
    assert stream(time_port) == b"" and stream(daytime_port) == b""
    with ntp.Client(HOST, time_port) as client:
        client.send(b"time")
        assert client.receive(0.05) is None
    assert daemon.counters("TIME")[1] == {"not_synchronised": 2}


def test_TD_05_clients_that_reset_leave_nothing(server):
    before = descriptors(server)
    for _ in range(200):
        with socket.create_connection((HOST, DAYTIME)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert DAYTIME_LINE.fullmatch(stream(DAYTIME))
    proc.wait_for(lambda: descriptors(server) <= before, what=lambda: f"{descriptors(server)} descriptors, {before} before")


def test_silent_clients_are_cut(server):
    before = descriptors(server)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection((HOST, TIME))) for _ in range(100)]
        assert len(stream(TIME)) == 4
        proc.wait_for(lambda: descriptors(server) <= before, timeout=15, what=lambda: f"{descriptors(server)} descriptors, {before} before")
        assert all(len(connection.recv(10)) == 4 for connection in silent)


TABLE = 64      # connections that may linger: TCP_CONNECTIONS_MAX of src/io/tcp.h
LINGER_S = 2


@contextlib.contextmanager
def stopped(server):
    """What clients send meanwhile is there when they are accepted."""
    pids = proc.session_members(server.pid)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_thousand_clients_that_stay_keep_nobody_out(server):
    """Half of them have spoken, which keeps a connection: beyond the table's size the oldest is cut, so descriptors stay bounded."""
    before, most = descriptors(server), 0
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            with stopped(server):
                rude = [stack.enter_context(socket.create_connection((HOST, TIME))) for _ in range(50)]
                for client in rude[::2]:
                    client.send(b"x")
            begin = time.monotonic()
            assert len(stream(TIME)) == 4 and time.monotonic() - begin < 1
            most = max(most, descriptors(server) - before)
        assert all(len(client.recv(10)) == 4 for client in rude)
    assert 20 <= most <= TABLE + 1


def test_each_of_a_crowd_is_answered(server):
    """Connections that follow close upon each other are gathered: none is forgotten by that, of either service."""
    before = counters(server, "TIME")[0]
    for _ in range(40):
        waiting = [socket.create_connection((HOST, TIME), timeout=10) for _ in range(5)]
        for one in waiting:
            with one:
                assert time_of(one.recv(100)) > 0 and one.recv(100) == b""
    assert DAYTIME_LINE.fullmatch(stream(DAYTIME))
    assert counters(server, "TIME")[0] == before + 200


def test_a_client_that_goes_on_talking_is_cut_all_the_same(server):
    """Its bytes are thrown away and do not move its deadline."""
    with stopped(server):
        chatty = socket.create_connection((HOST, DAYTIME))
        chatty.send(b"x")
    begin = time.monotonic()
    with chatty, pytest.raises((BrokenPipeError, ConnectionResetError)):
        while time.monotonic() < begin + LINGER_S + 3:
            chatty.send(b"x")
            time.sleep(0.05)
    assert LINGER_S - 0.5 <= time.monotonic() - begin <= LINGER_S + 1.5


def test_the_access_list_holds_for_connections(lab):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "time": {"listen": [f"{HOST}:{port}"]}, "access": [
        {"nets": ["127.0.0.8"], "action": "deny", "service": "time"}, {"nets": ["127.0.0.9"], "action": "authenticate"}]})

    def ask(source):
        with socket.create_connection((HOST, port), timeout=2, source_address=(source, 0)) as connection:
            return connection.recv(10)
    proc.wait_for(lambda: daemon.status() is not None)
    assert len(ask("127.0.0.7")) == 4 and ask("127.0.0.8") == b"" and ask("127.0.0.9") == b""
    assert daemon.counters("TIME")[1] == {"answered": 1, "denied": 1, "unauthenticated": 1}
