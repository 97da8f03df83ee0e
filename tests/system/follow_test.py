"""Listeners follow addresses and interfaces that come and go."""

import re
import socket
import subprocess
import time

import pytest

from lib import ntp, proc, utcd

LOCAL = {"local": {**utcd.LOCAL, "public": True}}
SOON_S = 2      # NET-01


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def start(lab, mode, listen, keys=(), **config):
    return lab.utcd({**LOCAL, "ntp": {"listen": listen, **dict(keys)}, **config}, mode)


def answered(host, port, timeout=0.3):
    try:
        return ntp.ask(host, port, timeout=timeout)
    except OSError:
        return None


def sockets_on(port):
    """How many UDP sockets are bound to that port here, each counted once."""
    return len([line for name in ("udp", "udp6") for line in open(f"/proc/net/{name}") if f":{port:04X} " in line.split()[1] + " "])


@pytest.mark.parametrize("mode", utcd.MODES)
def test_NET_01_an_address_that_comes_goes_and_comes(lab, mode):
    neighbour, port = lab.neighbour(), proc.free_port()
    late = neighbour.ours.rpartition(".")[0] + ".99"
    daemon = start(lab, mode, [f"127.0.0.1:{port}", f"{late}:{port}"])
    daemon.wait_answering("127.0.0.1", port)
    proc.wait_for(lambda: f"not serving NTP (UDP) on {late}:{port} yet" in daemon.log())
    for _ in range(2):
        ip("addr", "add", f"{late}/24", "dev", neighbour.link)
        proc.wait_for(lambda: answered(late, port), SOON_S)
        assert sockets_on(port) == 2
        ip("addr", "del", f"{late}/24", "dev", neighbour.link)
        assert not answered(late, port)
        assert answered("127.0.0.1", port)
    assert daemon.log().count(f"serving NTP (UDP) on {late}:{port}\n") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_late_address_reaches_every_worker_and_a_new_one(lab, workers):
    neighbour, port = lab.neighbour(), proc.free_port()
    late = neighbour.ours.rpartition(".")[0] + ".98"
    daemon = start(lab, utcd.PROCESSES, [f"{late}:{port}"], {"workers": workers})
    proc.wait_for(lambda: "not serving" in daemon.log())
    ip("addr", "add", f"{late}/24", "dev", neighbour.link)
    proc.wait_for(lambda: answered(late, port), SOON_S)
    assert sockets_on(port) == workers
    assert all(answered(late, port, 1) for _ in range(20)), "each worker has its socket"
    serve = [pid for pid in proc.session_members(daemon.pid) if open(f"/proc/{pid}/comm").read().strip() == "utcd-serve"]
    for pid in serve:
        subprocess.run(["kill", "-KILL", str(pid)], check=True)
    assert all(answered(late, port, 1) for _ in range(20)), "a new worker inherits what came since the start"
    assert sockets_on(port) == workers


@pytest.mark.parametrize("mode", utcd.MODES)
def test_an_interface_by_name_is_followed_when_it_is_made_anew(lab, mode):
    neighbour, port = lab.neighbour(), proc.free_port()
    daemon = start(lab, mode, [f"127.0.0.1%lo:{port}", f"*%late0:{port}"])
    daemon.wait_answering("127.0.0.1", port)
    proc.wait_for(lambda: daemon.log().count("not serving NTP (UDP)") == 2, what=lambda: f"both families wait: {daemon.log()}")
    for host in (1, 2):
        ip("link", "add", "late0", "type", "veth", "peer", "name", "late1", "netns", str(neighbour._holder.pid))
        ip("addr", "add", f"10.124.{host}.1/24", "dev", "late0")
        ip("addr", "add", f"fd12:4::{host}/64", "dev", "late0", "nodad")
        ip("link", "set", "late0", "up")
        for line in (f"ip addr add 10.124.{host}.2/24 dev late1", f"ip addr add fd12:4::{host}2/64 dev late1 nodad", "ip link set late1 up"):
            subprocess.run(neighbour.argv(*line.split()), check=True)
        for address in (f"10.124.{host}.1", f"fd12:4::{host}"):
            proc.wait_for(lambda: ask_from(neighbour, address, port), SOON_S * 2)
        assert not ask_from(neighbour, neighbour.ours, port), "another interface's address is not listened on"
        assert sockets_on(port) == 3
        ip("link", "del", "late0")
        proc.wait_for(lambda: daemon.log().count(f"the interface of 0.0.0.0%late0:{port} is gone") == host, SOON_S)
        assert answered("127.0.0.1", port)


def test_a_place_that_overlaps_another_is_told(lab):
    """What is bound at all interfaces leaves nothing for one of them: known when that comes."""
    neighbour, port = lab.neighbour(), proc.free_port()
    daemon = start(lab, utcd.PROCESSES, [f"127.0.0.1:{port}", f"0.0.0.0%late2:{port}"])
    proc.wait_for(lambda: "not serving" in daemon.log())
    ip("link", "add", "late2", "type", "veth", "peer", "name", "late3")
    proc.wait_for(lambda: f"cannot serve NTP (UDP) on 0.0.0.0%late2:{port}: " in daemon.log())
    ip("link", "set", "late2", "up")
    assert answered("127.0.0.1", port)
    assert daemon.log().count("cannot serve") == 1
    ip("link", "del", "late2")


def ask_from(neighbour, address, port):
    return proc.run(neighbour.argv("/usr/bin/python3", "-c", ASK, address, str(port))).stdout.strip() == address.partition("%")[0]


ASK = """
import socket, sys
host, port = sys.argv[1:]
info = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)[0]
client = socket.socket(info[0], socket.SOCK_DGRAM)
client.settimeout(0.5)
client.sendto(b"\\x23" + bytes(47), info[4])
print(client.recvfrom(100)[1][0].partition("%")[0])
"""


def link_local_of(link):
    words = subprocess.run(["ip", "-6", "-o", "addr", "show", "dev", link, "scope", "link"], capture_output=True, text=True, check=True).stdout.split()
    return words[words.index("inet6") + 1].partition("/")[0]


@pytest.mark.parametrize("mode", utcd.MODES)
def test_NET_07_link_local_with_its_interface(lab, mode):
    """One that is tentative at first: duplicate address detection takes its second."""
    neighbour, port = lab.neighbour(), proc.free_port()
    address = link_local_of(neighbour.link)
    daemon = start(lab, mode, [f"[{address}%{neighbour.link}]:{port}"])
    proc.wait_for(lambda: ask_from(neighbour, f"{address}%{neighbour.far}", port), 15)
    proc.wait_for(lambda: f"serving NTP (UDP) on [{address}%{neighbour.link}]:{port}" in daemon.log(), 15)


@pytest.mark.parametrize("mode", utcd.MODES)
@pytest.mark.parametrize("spelt", ["name", "number"])
def test_a_server_by_its_link_local_address(lab, mode, spelt):
    neighbour, port = lab.neighbour(), proc.free_port()
    lab.utcd({**LOCAL, "ntp": {"listen": [f"*:{port}"]}}, name="server", prefix=neighbour.argv())
    theirs = proc.wait_for(lambda: re.search(r"inet6 (fe80::[0-9a-f:]+)", proc.run(neighbour.argv("ip", "-6", "addr", "show", "dev", neighbour.far)).stdout)).group(1)
    at = neighbour.link if spelt == "name" else socket.if_nametoindex(neighbour.link)
    daemon = lab.utcd({"sources": [utcd.source(port, f"{theirs}%{at}")]}, mode)
    daemon.wait_status(is_heard, 15)


def is_heard(status):
    return status["sources"] and status["sources"][0]["reach"] & 1


def make_late_link(neighbour):
    ip("link", "add", "late5", "type", "veth", "peer", "name", "late6", "netns", str(neighbour._holder.pid))
    ip("link", "set", "late5", "up")
    for line in ("ip addr add fe80::7/64 dev late6 nodad", "ip link set late6 up"):
        subprocess.run(neighbour.argv(*line.split()), check=True)


def test_a_server_at_an_interface_that_comes_goes_and_comes(lab):
    """Its number is another one each time."""
    neighbour, port = lab.neighbour(), proc.free_port()
    lab.utcd({**LOCAL, "ntp": {"listen": [f"*:{port}"]}}, name="server", prefix=neighbour.argv())
    daemon = lab.utcd({"sources": [utcd.source(port, "fe80::7%late5")]})
    proc.wait_for(lambda: "fe80::7%late5" in daemon.log() and "there is no interface of this name" in daemon.log(), what=daemon.log)
    for _ in range(2):
        make_late_link(neighbour)
        daemon.wait_status(is_heard, 20)
        ip("link", "del", "late5")
        daemon.wait_status(lambda s: not is_heard(s), 20)


def test_TIME_over_tcp_follows_as_well(lab):
    neighbour, port = lab.neighbour(), proc.free_port()
    late = neighbour.ours.rpartition(".")[0] + ".97"
    daemon = lab.utcd({**LOCAL, "time": {"listen": [f"{late}:{port}"]}}, utcd.PROCESSES)
    proc.wait_for(lambda: daemon.log().count("not serving TIME") == 2)
    ip("addr", "add", f"{late}/24", "dev", neighbour.link)

    def ask():
        try:
            with socket.create_connection((late, port), timeout=0.5) as client:
                return len(client.recv(100)) == 4
        except OSError:
            return False
    proc.wait_for(ask, SOON_S)


@pytest.mark.parametrize("dscp", [0, 46])
def test_answers_carry_the_configured_class(lab, dscp):
    port = proc.free_port()
    daemon = start(lab, utcd.ONE_PROCESS, [f"127.0.0.1:{port}"], {"dscp": dscp})
    daemon.wait_answering("127.0.0.1", port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.IPPROTO_IP, 13, 1)     # IP_RECVTOS
        client.settimeout(1)
        client.sendto(ntp.request(), ("127.0.0.1", port))
        _, control, _, _ = client.recvmsg(100, 100)
    assert control[0][2][0] == dscp << 2


def test_nothing_wakes_an_idle_daemon_that_waits(lab):
    """No polling: the parent that waits for an address sleeps."""
    port = proc.free_port()
    daemon = start(lab, utcd.PROCESSES, [f"192.0.2.1:{port}", f"*%none7:{port}"])
    proc.wait_for(lambda: daemon.log().count("not serving") == 3)
    time.sleep(1.5)     # what the start still has to do

    def switches():
        return int(next(line.split()[1] for line in open(f"/proc/{daemon.pid}/status") if line.startswith("voluntary")))
    before = switches()
    time.sleep(2)
    assert switches() - before <= 8
