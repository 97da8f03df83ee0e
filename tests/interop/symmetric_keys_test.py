"""Symmetric keys with real programs: every type, both directions, both formats of key file; a wrong key fails, and nobody falls back to no key."""

import hashlib
import pathlib

import pytest

from lib import ntp, peers, proc, utcd

HOST = "127.0.0.1"


def secret(name, size):
    """The same bytes each time, unlike for each name."""
    return hashlib.shake_128(name.encode()).hexdigest(size)


TYPES = {"MD5": 20, "SHA1": 20, "SHA256": 32, "SHA384": 48, "SHA512": 64, "AES128": 16, "AES256": 32}
IDS = {name: 10 + n for n, name in enumerate(TYPES)}


def key_file(directory, style, wrong=(), more=()):
    """A file with a key of each type, number IDS[type]; those in `wrong` have another secret."""
    path = pathlib.Path(directory) / f"{style}{'-wrong' if wrong else ''}.keys"
    lines = []
    for name, size in TYPES.items():
        digits = secret(name + ("-wrong" if name in wrong else ""), size)
        lines.append(f"{IDS[name]} {name} HEX:{digits}" if style == "chrony" else f"{IDS[name]} {name.replace('AES', 'AES-')} {digits}")
    path.write_text("\n".join([*lines, *more]) + "\n")
    path.chmod(0o600)
    return path


def keys(path, style="chrony"):
    return {"keys": {"file": str(path), "format": style, "allow_legacy": True}}


@pytest.fixture(scope="module")
def chronyd_with_keys(session_lab):
    return session_lab.start(peers.Chronyd, "chronyd-with-keys", lines=("local stratum 3", f"keyfile {key_file(session_lab.dir, 'chrony')}")).wait_serving()


@pytest.fixture(scope="module")
def server_with_keys(session_lab, good_chronyd):
    port = proc.free_port()
    daemon = session_lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]},
                               **keys(key_file(session_lab.dir, "chrony"))}, utcd.PROCESSES, name="server-with-keys")
    daemon.wait_synchronised()
    yield daemon, port
    daemon.stop()


@pytest.mark.parametrize("version", [4, 3])
@pytest.mark.parametrize("kind", TYPES)
def test_we_learn_from_chronyd(lab, chronyd_with_keys, kind, version):
    """Version 3 carries SHA-2 digests whole, version 4 cut to 160 bits."""
    daemon = lab.utcd({"sources": [utcd.source(chronyd_with_keys.port, key=IDS[kind], version=version)], **keys(key_file(lab.dir, "chrony"))})
    assert daemon.wait_synchronised()["sources"][0]["accepted"] >= 1


@pytest.mark.parametrize("kind", TYPES)
def test_we_do_not_learn_by_a_wrong_key(lab, chronyd_with_keys, kind):
    """chronyd answers a request with a bad MAC not at all."""
    daemon = lab.utcd({"sources": [utcd.source(chronyd_with_keys.port, key=IDS[kind])], **keys(key_file(lab.dir, "chrony", wrong=[kind]))})
    status = daemon.wait_status(lambda s: s["sources"][0]["sent"] >= 4)
    assert (status["sources"][0]["accepted"], status["clock"]["status"]) == (0, "not synchronised")


@pytest.mark.parametrize("version", [4, 3])
@pytest.mark.parametrize("kind", TYPES)
def test_chronyd_learns_from_us(lab, server_with_keys, kind, version):
    path = key_file(lab.dir, "chrony")
    assert abs(peers.chronyd_query(lab.dir, HOST, server_with_keys[1], f"key {IDS[kind]} version {version}", f"keyfile {path}")) < 0.01
    requests, verdicts = server_with_keys[0].counters()
    assert verdicts["answered"] >= 1


@pytest.mark.parametrize("kind", TYPES)
def test_chronyd_gets_nothing_for_a_wrong_key(lab, server_with_keys, kind):
    before = server_with_keys[0].counters()[1].get("mac_wrong", 0)
    with pytest.raises(AssertionError, match="No suitable source|chronyd exiting"):
        peers.chronyd_query(lab.dir, HOST, server_with_keys[1], f"key {IDS[kind]}", f"keyfile {key_file(lab.dir, 'chrony', wrong=[kind])}", timeout=3)
    assert server_with_keys[0].counters()[1]["mac_wrong"] > before


@pytest.fixture(scope="module")
def ntpsec_with_keys(session_lab):
    trusted = " ".join(str(i) for i in IDS.values())
    ntpsec = session_lab.start(peers.Ntpsec, session_lab.neighbour(), lines=(f"keys {key_file(session_lab.dir, 'ntp')}", f"trustedkey {trusted}"))
    return ntpsec.wait_serving(root_dispersion_s=1)


@pytest.mark.parametrize("kind", TYPES)
def test_we_learn_from_ntpsec(lab, ntpsec_with_keys, kind):
    good = utcd.source(123, ntpsec_with_keys.address, key=IDS[kind])
    daemon = lab.utcd({"sources": [good], **keys(key_file(lab.dir, "ntp"), "ntp")})
    daemon.wait_synchronised(timeout=20)
    wrong = lab.utcd({"sources": [good], **keys(key_file(lab.dir, "ntp", wrong=[kind]), "ntp")}, name="wrong")
    status = wrong.wait_status(lambda s: s["sources"][0]["sent"] >= 4)
    assert (status["sources"][0]["accepted"], status["clock"]["status"]) == (0, "not synchronised")




def test_ntpsec_learns_from_us(lab, good_chronyd):
    """One ntpd asks seven addresses of ours, each with a key of another type, and an eighth with a wrong key."""
    neighbour = lab.neighbour()
    base = neighbour.ours.rpartition(".")[0]
    address = {name: f"{base}.{IDS[name]}" for name in TYPES}
    wrong = f"{base}.99"
    for a in [*address.values(), wrong]:
        proc.run(["ip", "addr", "add", f"{a}/24", "dev", neighbour.link])
    server = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{neighbour.ours}:123", *(f"{a}:123" for a in address.values()),
                                                                                             f"{wrong}:123"]},
                       **keys(key_file(lab.dir, "ntp"), "ntp")}, utcd.PROCESSES)
    server.wait_synchronised()
    lines = ["restrict 127.0.0.1", f"keys {key_file(lab.dir, 'ntp', more=['99 SHA256 ' + secret('another', 32)])}",
             f"trustedkey {' '.join(str(i) for i in IDS.values())} 99", f"server {wrong} iburst minpoll 3 key 99",
             *(f"server {a} iburst minpoll 3 key {IDS[name]}" for name, a in address.items())]
    lab.start(peers.Ntpsec, neighbour, lines=lines)

    def reached():
        """{address: reach} of ntpq's table of peers."""
        table = peers.ntpq(neighbour, "-pnu").splitlines()[2:]
        return {row[1:].split()[0]: row[1:].split()[6] for row in table if row[1:].startswith(base)}
    proc.wait_for(lambda: sum(r != "0" for r in reached().values()) == len(TYPES), 20, every=0.5, what=lambda: f"{reached()}")
    proc.wait_for(lambda: server.counters()[1].get("key_unknown", 0) >= 1, 15, what=lambda: f"{server.counters()}, {reached()}")
    assert {a for a, r in reached().items() if r == "0"} == {wrong}
