"""Sockets that systemd opens and hands over, by systemd's own tool for it."""

import os
import shutil
import socket

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
pytestmark = pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="systemd-socket-activate is not installed")


def activated(lab, config, mode, port, kind=()):
    """The daemon is started by the first request, which waits in the socket."""
    keep = [f"--setenv={name}" for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ]
    return lab.utcd({"local": utcd.LOCAL, **config}, mode, prefix=["systemd-socket-activate", *kind, *keep, "--listen", f"{HOST}:{port}"])


def nobody_answers_on_its_own_socket(port, kind):
    """One socket for all that were there is bound: ours, which nobody else could have opened beside."""
    with socket.socket(socket.AF_INET, kind) as second, pytest.raises(OSError):
        second.bind((HOST, port))


@pytest.mark.parametrize("workers", [1, 2])
def test_the_request_that_started_the_daemon_is_answered(lab, workers):
    port = proc.free_port()
    daemon = activated(lab, {"ntp": {"listen": [f"{HOST}:{port}"], "workers": workers}}, utcd.PROCESSES, port, ["--datagram"])
    proc.wait_for(lambda: "Listening on" in daemon.log(), what=daemon.log)
    with ntp.Client(HOST, port) as client:
        request = ntp.request()
        client.send(request)
        raw = client.receive(10)
        assert raw and raw[24:32] == request[40:48]
    assert daemon.wait_answering(HOST, port).usable
    nobody_answers_on_its_own_socket(port, socket.SOCK_DGRAM)
    assert not daemon.bugs() and "is closed" not in daemon.log()


def test_a_listening_tcp_socket_is_taken(lab):
    port = proc.free_port()
    daemon = activated(lab, {"daytime": {"listen": [f"{HOST}:{port}"]}}, utcd.ONE_PROCESS, port)
    proc.wait_for(lambda: "Listening on" in daemon.log(), what=daemon.log)
    for _ in range(2):
        with socket.create_connection((HOST, port), timeout=10) as connection:
            assert connection.recv(100)
    assert "is closed" not in daemon.log()


def test_a_socket_that_no_key_wants_is_closed_and_named(lab):
    port, wanted = proc.free_port(), proc.free_port()
    daemon = activated(lab, {"ntp": {"listen": [f"{HOST}:{wanted}"]}}, utcd.ONE_PROCESS, port, ["--datagram"])
    proc.wait_for(lambda: "Listening on" in daemon.log(), what=daemon.log)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
        knock.sendto(b"x", (HOST, port))
    assert daemon.wait_answering(HOST, wanted).usable
    assert f"a socket handed over for {HOST}:{port} (UDP) is closed" in daemon.log()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        proc.wait_for(lambda: bind(free, port), what="the port is still taken")


def bind(free, port):
    try:
        free.bind((HOST, port))
        return True
    except OSError:
        return False
