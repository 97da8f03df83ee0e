"""hardware_timestamps where no card can: told once in words, and everything goes on by the kernel's stamps."""

import pytest

from lib import ntp, peers, proc, utcd

NOT_THERE = "there is no such network interface"
NO_STAMPS = "the driver offers no hardware receive stamps"


@pytest.mark.parametrize("mode", utcd.MODES)
def test_interfaces_without_stamps_say_why(lab, good_chronyd, mode):
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "hardware_timestamps": ["lo", "nowhere0"], "ntp": {"listen": [f"127.0.0.1:{port}"]}}, mode)
    status = daemon.wait_synchronised()
    assert [(c["interface"], c["on"], c["detail"]) for c in status["hardware_timestamps"]] == [("lo", False, NO_STAMPS), ("nowhere0", False, NOT_THERE)]
    assert [p["subject"] for p in status["problems"] if p["id"] == "stamps-off"] == ["lo", "nowhere0"]
    assert status["sources"][0]["stamp"] == "kernel"
    assert ntp.ask("127.0.0.1", port).usable
    proc.wait_for(lambda: "try: " in daemon.log(), what=daemon.log)     # the last of the first words
    assert daemon.log().count(f"hardware_timestamps: lo: {NO_STAMPS}") == 1
    assert daemon.log().count(f"hardware_timestamps: nowhere0: {NOT_THERE}") == 1
    for command in ("status", "sources"):
        assert f"lo: {NO_STAMPS}" in daemon.ctl(command).stdout


def test_a_virtual_link_has_none_either(lab):
    neighbour = lab.neighbour()
    chronyd = lab.start(peers.Chronyd, "far", prefix=neighbour.argv(), bind=(neighbour.address, neighbour.address6))
    chronyd.wait_serving(neighbour.address)
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port, neighbour.address)], "hardware_timestamps": [neighbour.link]})
    status = daemon.wait_synchronised()
    assert status["hardware_timestamps"] == [{"interface": neighbour.link, "on": False, "detail": NO_STAMPS}]
    assert status["sources"][0]["stamp"] == "kernel"
