"""What a network hands out becomes sources, by the hooks of three DHCP clients; it can neither write configuration nor stop the daemon."""

import os

import pytest
import yaml

from lib import proc, utcd

HOOKS = utcd.ROOT / "packaging/dhcp"


@pytest.fixture
def hook(lab):
    """Runs a hook as its client does; what stands in the directory afterwards."""
    sources = lab.dir / "sources"

    def run(*argv, **environment):
        environment = {"PATH": f"{HOOKS}:{os.environ['PATH']}", "SIMPLE_UTCD_SOURCES_DIR": str(sources), **environment}
        done = proc.run(argv, env=environment)
        assert done.returncode == 0, done.stderr
        return {file.name: yaml.safe_load(file.read_text()) for file in sorted(sources.iterdir())} if sources.exists() else {}
    run.directory = sources
    return run


CLIENTS = {
    "isc-dhclient": (["sh", "-c", '. "$0"', HOOKS / "dhclient-exit-hook"],
                     {"reason": "BOUND", "interface": "eth0", "new_ntp_servers": "192.0.2.1 192.0.2.2"}, {"reason": "EXPIRE", "interface": "eth0"}),
    "dhcpcd": (["sh", "-c", '. "$0"', HOOKS / "dhcpcd-hook"],
               {"if_up": "true", "interface": "eth0", "new_ntp_servers": "192.0.2.1 192.0.2.2"}, {"if_down": "true", "interface": "eth0"}),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_lease_comes_and_goes(client, hook):
    argv, up, down = CLIENTS[client]
    assert hook(*argv, **up) == {"eth0.sources": [{"server": "192.0.2.1"}, {"server": "192.0.2.2"}]}
    assert hook(*argv, **down) == {}


# How each client tells of the lease of the other family: without servers, with one, that it has ended; and of other news.
FAMILIES = {
    "isc-dhclient": ({"reason": "BOUND6"}, {"reason": "RENEW6"}, {"reason": "EXPIRE6"}, {"reason": "PREINIT6"}),
    "dhcpcd": ({"reason": "BOUND6", "if_up": "true"}, {"reason": "RENEW6", "if_up": "true"}, {"reason": "EXPIRE6", "if_down": "true"},
               {"reason": "ROUTERADVERT", "if_up": "true"}),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_one_family_takes_nothing_from_the_other(client, hook):
    """A hook runs once for each: a lease of IPv6 without servers, or its end, says nothing about those of IPv4."""
    argv, up, down = CLIENTS[client]
    without, renewed, ended, other = ({"interface": "eth0", **words} for words in FAMILIES[client])
    offer = {"new_dhcp6_sntp_servers": "2001:db8::1"}
    of_ipv4 = {"eth0.sources": [{"server": "192.0.2.1"}, {"server": "192.0.2.2"}]}
    of_ipv6 = {"eth0-ipv6.sources": [{"server": "2001:db8::1"}]}
    assert hook(*argv, **up) == of_ipv4
    assert hook(*argv, **without) == of_ipv4
    assert hook(*argv, **renewed, **offer) == {**of_ipv4, **of_ipv6}
    assert hook(*argv, **other) == {**of_ipv4, **of_ipv6}
    assert hook(*argv, **ended) == of_ipv4
    hook(*argv, **renewed, **offer)
    assert hook(*argv, **down) == of_ipv6


def test_the_end_of_the_link_is_the_end_of_both(hook):
    argv, up, down = CLIENTS["dhcpcd"]
    hook(*argv, **up)
    hook(*argv, reason="BOUND6", interface="eth0", if_up="true", new_dhcp6_sntp_servers="2001:db8::1")
    assert hook(*argv, reason="NOCARRIER", **down) == {}


def test_networkmanager(hook):
    script = HOOKS / "networkmanager-dispatcher"
    assert hook(script, "wlan0", "up", DHCP4_NTP_SERVERS="192.0.2.1") == {"wlan0.sources": [{"server": "192.0.2.1"}]}
    assert hook(script, "eth0", "up", DHCP6_DHCP6_NTP_SERVERS="2001:db8::1") == {
        "eth0.sources": [{"server": "2001:db8::1"}], "wlan0.sources": [{"server": "192.0.2.1"}]}
    assert set(hook(script, "eth0", "down")) == {"wlan0.sources"}


def test_a_hostile_lease_writes_nothing_but_addresses(hook):
    offered = ["$(reboot)", "a", "- server: x", "192.0.2.1\naccess: []", "..", "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]
    found = hook(HOOKS / "simple-utcd-sources", "eth0", *offered)
    assert found == {"eth0.sources": [{"server": f"10.0.0.{n}"} for n in (1, 2, 3, 4)]}
    refused = proc.run([HOOKS / "simple-utcd-sources", "../eth0", "10.0.0.1"])
    assert refused.returncode == 2 and "no interface" in refused.stderr


# The first two are what many a router hands out that knows no server.
UNUSABLE = ["0.0.0.0", "224.0.1.1", "255.255.255.255", "300.1.1.1", "1.2.3.4.5", "1.2.3", "1.2.3.04", "1..2.3", "dead.beef.cafe.fe", "::", "0:0:0:0:0:0:0:0", "ff05::101",
            "FF02::1", "1::2::3", ":::1", "1:2:3", "1:2:3:4:5:6:7:8:9", "12345::1", ":1::2", "1::2:", "::ffff:0:0", "0:0::FFFF:e000:1"]
USABLE = ["192.0.2.1", "1.0.0.255", "223.255.255.254", "2001:db8::1", "2001:db8:ffff::1", "fe80::1:2", "ff5::1", "1:2:3:4:5:6:7:8", "::1:0"]


@pytest.mark.parametrize("address", UNUSABLE + USABLE)
def test_what_no_server_can_have_is_left_out(hook, lab, address):
    """The daemon would refuse the whole configuration for it, and not start the next time: a network may not do that."""
    found = hook(HOOKS / "simple-utcd-sources", "eth0", address)
    assert found == ({"eth0.sources": [{"server": address}]} if address in USABLE else {})
    config = lab.dir / "config.yaml"
    config.write_text(f"sources_dir: {hook.directory}\n")
    done = proc.run([utcd.UTCCTL, "check", config])
    assert " 0 errors" in done.stdout + done.stderr, done


def test_the_daemon_follows_what_is_handed_out(hook, lab):
    """Beside a configured source; the same server handed out as well is followed once."""
    hook(HOOKS / "simple-utcd-sources", "eth0", "127.0.0.1", "127.0.0.2")
    daemon = lab.utcd({"sources": [{"server": "127.0.0.1"}], "sources_dir": str(hook.directory)})
    daemon.wait_status(lambda s: [source["name"] for source in s["sources"]] == ["127.0.0.1", "127.0.0.2"])
