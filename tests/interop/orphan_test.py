"""Machines that ask each other, and nobody who gives UTC: one reference among them, by the rule that chronyd's `local ... orphan` has as well."""

import os
import signal
import subprocess

import pytest

from lib import ntp, peers, proc, sandbox, utcd

LOCAL_REFID = bytes([127, 127, 1, 1])
ORPHAN = {"stratum": 10, "error": "500ms", "orphan": True, "public": True}


@pytest.fixture
def hosts(lab):
    """Three hosts that reach each other, by rising address."""
    neighbours = [lab.neighbour() for _ in range(3)]
    with open("/proc/sys/net/ipv4/ip_forward", "w") as forward:     # of the namespace we are in
        forward.write("1")
    for n in neighbours:
        subprocess.run(n.argv("ip", "route", "add", "default", "via", n.ours), check=True)
    return neighbours


def member(lab, hosts, me, mode=utcd.ONE_PROCESS):
    others = [utcd.source(123, h.address) for h in hosts if h is not me]
    return lab.utcd({"sources": others, "local": ORPHAN, "ntp": {"listen": [f"{me.address}:123"]}}, mode, name=f"member-{me.address}", prefix=me.argv())


def chronyd(lab, hosts, me):
    others = [f"server {h.address} minpoll 0 maxpoll 0 iburst" for h in hosts if h is not me]
    return lab.start(peers.Chronyd, f"chronyd-{me.address}", port=123, lines=["local stratum 10 orphan", *others], prefix=me.argv(), bind=(me.address,))


def says(host, stratum, refid):
    """What the wire says; a bound of a follower is no less than the statement it goes back to."""
    def look():
        answer = ntp.ask(host.address, 123, timeout=0.3)
        return answer and answer.usable and (answer.stratum, answer.refid) == (stratum, refid) and answer
    return proc.wait_for(look, 60, every=0.2, what=lambda: f"{host.address} says {ntp.ask(host.address, 123)}, not stratum {stratum} of {refid}")


def address(host):
    return bytes(int(byte) for byte in host.address.split("."))


@pytest.mark.skipif(not sandbox.really_root, reason="three namespaces that forward take root")
@pytest.mark.parametrize("mode", utcd.MODES)
def test_the_smallest_address_is_the_reference(lab, hosts, mode):
    first, second, third = hosts
    members = [member(lab, hosts, h, mode) for h in hosts]
    for follower in (second, third):
        assert says(follower, 11, address(first)).bound_s > says(first, 10, LOCAL_REFID).bound_s - 0.01 > 0.48
    assert "following the local reference" in members[2].ctl("status").stdout
    members[0].wait_status(lambda s: all(f["verdicts"].get("loop", 0) > 0 for f in s["sources"]), what="NTPC-15: who follows us is heard")
    refused = [p["sentence"] for p in members[0].status()["problems"] if p["id"] == "source-refused"]
    assert len(refused) == 2 and all(s.endswith("the server is synchronised to us") for s in refused), refused
    if mode == utcd.PROCESSES:
        os.kill(members[2].roles()["core"], signal.SIGKILL)
        says(third, 11, address(first))
        members[2].wait_status(lambda s: all(f["accepted"] > 0 for f in s["sources"]))  # who was never heard is waited for longer
    assert members[0].stop() == 0
    says(second, 10, LOCAL_REFID)
    says(third, 11, address(second))
    member(lab, hosts, first, mode)
    says(first, 10, LOCAL_REFID)
    says(second, 11, address(first))
    says(third, 11, address(first))


@pytest.mark.skipif(not sandbox.really_root, reason="three namespaces that forward take root")
@pytest.mark.parametrize("theirs", [0, 1, 2])
def test_a_group_with_chronyd(lab, hosts, theirs):
    """chronyd as the reference, and as a follower of ours, beside another follower of ours."""
    for i, host in enumerate(hosts):
        if i == theirs:
            chronyd(lab, hosts, host)
        else:
            member(lab, hosts, host)
    says(hosts[0], 10, LOCAL_REFID)
    says(hosts[1], 11, address(hosts[0]))
    says(hosts[2], 11, address(hosts[0]))
    if theirs == 0:
        assert says(hosts[1], 11, address(hosts[0])).bound_s > 0.5, "chronyd states microseconds for a time nobody measured"
