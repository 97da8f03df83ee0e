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
