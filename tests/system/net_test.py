"""The network's trouble, on links of our own."""

import socket
import subprocess
import time

import pytest

from lib import dns, ntp, peers, proc, sandbox, utcd


@pytest.fixture
def far_chronyd(lab):
    """A chronyd on a neighbouring host."""
    neighbour = lab.neighbour()
    chronyd = lab.start(peers.Chronyd, "far", prefix=neighbour.argv(), bind=(neighbour.address, neighbour.address6))
    chronyd.wait_serving(neighbour.address)
    return neighbour, chronyd


def link(neighbour, what):
    subprocess.run(["ip", "link", "set", neighbour.link, what], check=True)


def test_NET_01_link_down_and_up(lab, far_chronyd):
    neighbour, chronyd = far_chronyd
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port, neighbour.address)]})
    daemon.wait_synchronised()
    link(neighbour, "down")
    daemon.wait_status(lambda s: s["sources"][0]["reach"] & 7 == 0, what="does not notice")
    link(neighbour, "up")
    daemon.wait_status(lambda s: s["sources"][0]["reach"] & 3 == 3, what="does not come back")


def test_a_source_that_comes_up_later(lab):
    """The server starts after the client: no restart needed."""
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(port)]})
    daemon.wait_status(lambda s: s["sources"][0]["sent"] >= 2)
    lab.start(peers.Chronyd, "late", port=port)
    daemon.wait_synchronised()


@pytest.mark.parametrize("family", ["ipv4_only", "ipv6_only", "ipv6_broken"])
def test_NET_06_address_families(lab, far_chronyd, family):
    neighbour, chronyd = far_chronyd
    sources = {"ipv4_only": [neighbour.address], "ipv6_only": [neighbour.address6], "ipv6_broken": ["fd12:3:ffff::1", neighbour.address]}[family]
    if family == "ipv6_broken":
        subprocess.run(["ip", "-6", "route", "add", "fd12:3:ffff::/64", "dev", neighbour.link], check=True)
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port, host) for host in sources]})
    status = daemon.wait_synchronised()
    assert sum(s["state"] == "selected" for s in status["sources"]) == 1


def link_local(argv, interface):
    """The interface's own address of that kind, which takes a while to become one."""
    def look():
        shown = proc.run([*argv, "ip", "-6", "-o", "addr", "show", "dev", interface, "scope", "link", "-tentative"]).stdout
        return "inet6" in shown and shown.split("inet6 ")[1].split("/")[0]
    return proc.wait_for(look)


def test_NET_07_the_answer_leaves_from_the_address_that_was_asked(lab):
    neighbour, port = lab.neighbour(), proc.free_port()
    second = neighbour.ours.rpartition(".")[0] + ".77"
    subprocess.run(["ip", "addr", "add", f"{second}/24", "dev", neighbour.link], check=True)
    daemon = lab.utcd({"local": {**utcd.LOCAL, "public": True}, "ntp": {"listen": [f"*:{port}"]}})
    daemon.wait_answering("127.0.0.1", port)
    link_local(neighbour.argv(), neighbour.far)
    for address in (neighbour.ours, second, neighbour.ours6, f"{link_local([], neighbour.link)}%{neighbour.far}"):
        done = proc.run(neighbour.argv("/usr/bin/python3", "-c", ASK, address, str(port)))
        assert done.stdout.strip() == address.partition("%")[0], done.stderr


@pytest.mark.parametrize("listen", ["*:{}", "[{ours}%{link}]:{}"], ids=["every", "one"])
def test_NTP_22_from_our_own_link_local_address(lab, listen):
    """The system lets such a packet in over IPv6; what names the address also names the interface."""
    neighbour, port = lab.neighbour(), proc.free_port()
    ours = link_local([], neighbour.link)
    daemon = lab.utcd({"local": {**utcd.LOCAL, "public": True}, "ntp": {"listen": [listen.format(port, ours=ours, link=neighbour.link)]}})
    daemon.wait_status(lambda s: True)
    with neighbour.inside():
        ntp.spoof6(ours, port, ours, port, ntp.request(), neighbour.far)
    daemon.wait_status(lambda s: s["services"][0]["requests"] > 0, what="it never came")
    assert daemon.counters() == (1, {"self": 1})


ASK = """
import socket, sys
host, port = sys.argv[1:]
client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(2)
client.sendto(b"\\x23" + bytes(47), socket.getaddrinfo(host, int(port))[0][4])
print(client.recvfrom(100)[1][0])
"""


def test_NTPC_26_refused_and_unreachable_polling_goes_on(lab):
    nobody = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(nobody)]})
    status = daemon.wait_status(lambda s: s["sources"][0]["sent"] >= 6, what="polling stopped")
    assert status["sources"][0]["state"] in ("unreachable", "new")


def test_NET_05_loss_duplication_reordering_jitter(lab, good_chronyd):
    """A proxy that loses half, doubles a fifth and delays by up to 20 ms: synchronised, and every answer is inside its own bound."""
    import random
    import threading
    chance, port, proxy_port = random.Random(5), proc.free_port(), proc.free_port()
    proxy = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    proxy.bind(("127.0.0.1", proxy_port))
    proxy.settimeout(0.1)
    stop = threading.Event()

    def exchange(data, client):
        with ntp.Client("127.0.0.1", good_chronyd.port) as upstream:
            time.sleep(chance.random() * 0.02)
            upstream.send(data)
            answer = upstream.receive()
        time.sleep(chance.random() * 0.02)
        for _ in range(2 if chance.random() < 0.2 else 1):
            proxy.sendto(answer, client)

    def work():
        while not stop.is_set():
            try:
                data, client = proxy.recvfrom(1000)
            except TimeoutError:
                continue
            if chance.random() > 0.5:
                threading.Thread(target=exchange, args=(data, client), daemon=True).start()
    thread = threading.Thread(target=work)
    thread.start()
    try:
        daemon = lab.utcd({"sources": [utcd.source(proxy_port)], "ntp": {"listen": [f"127.0.0.1:{port}"]}})
        daemon.wait_synchronised(timeout=20)
        for _ in range(30):
            answer = ntp.ask("127.0.0.1", port)
            assert answer.usable and abs(answer.offset_s) <= answer.bound_s + answer.delay_s / 2
            time.sleep(0.1)
        assert daemon.status()["sources"][0]["dropped"] >= 0
    finally:
        stop.set()
        thread.join()
        proxy.close()


BAD_NAMES = ["none.test", "servfail.test", "silent.test", "cut.test", "loop.test"]


def test_NET_03_names_that_cannot_be_looked_up_hold_nothing_up(lab):
    """Bad answers of every kind, among them one of 64 KiB: time is served and measured meanwhile, each name is asked for ever more seldom, and an address that
    was found is kept when its name is no longer to be had."""
    if not sandbox.isolated:
        pytest.skip(sandbox.why_not_isolated)
    source, port = proc.free_port(), proc.free_port()
    chronyd = lab.start(peers.Chronyd, "named", port=source)
    with dns.Server() as names:
        daemon = lab.utcd({"ntp": {"listen": [f"127.0.0.1:{port}"]}, "sources": [
            *({"server": name, "port": source} for name in BAD_NAMES), {"server": "huge.test", "port": source}, utcd.source(source, "good.test")]},
            prefix=dns.prefix(lab.dir))
        daemon.wait_synchronised(timeout=60)
        proc.wait_for(lambda: ntp.ask("127.0.0.1", port, timeout=1), 20)
        lost, asked = 0, 0
        for name in BAD_NAMES:
            while len(names.asked[name]) < 3:
                asked += 1
                lost += ntp.ask("127.0.0.1", port, timeout=2) is None
                assert asked < 3000, f"{name} is not asked for again: {names.asked}"
                time.sleep(0.05)
        assert lost == 0, f"of {asked} requests"
        for name in BAD_NAMES[:2]:
            first, second, third = names.asked[name][:3]
            assert second - first > 1.9 and third - second > 3.8, f"{name}: not ever more seldom"
        assert "cannot resolve none.test" in daemon.log()
        names.good = False
        before = len(names.asked["good.test"])
        chronyd.stop()
        proc.wait_for(lambda: len(names.asked["good.test"]) > before, 60, what="a silent source's name is not looked up again")
        lab.start(peers.Chronyd, "again", port=source)
        daemon.wait_status(lambda s: next(x for x in s["sources"] if x["name"].startswith("good.test"))["reach"] & 3 == 3, timeout=60, what="the address was not kept")
