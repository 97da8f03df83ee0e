"""Ours and what the Debian release after ours has: chronyd 4.6 and ntpd-rs, both ways, with NTS, keys and interleaved mode. Run for a build by this release
and for one by the next, whose nettle has AES-128-GCM-SIV (AEAD 30)."""

import json
import pathlib
import re

import pytest

from lib import newer, ntp, proc, utcd
from lib.nts import our_server, source

HOST = "127.0.0.1"
KEYS = {"SHA256": 32, "SHA512": 64, "AES128": 16, "AES256": 32}
AEADS = json.loads(proc.run([utcd.UTCCTL, "version", "--json"]).stdout)["nts_aeads"]
SIV, GCM_SIV = 15, 30
gcm_siv = pytest.mark.skipif(GCM_SIV not in AEADS, reason="this build has no AEAD 30: its nettle is older than 3.9")


@pytest.fixture(scope="module")
def keys(session_lab):
    """A key of each kind, and the file both daemons read."""
    path = session_lab.dir / "newer.keys"
    path.write_text("".join(f"{i} {kind} HEX:{bytes(range(size)).hex()}\n" for i, (kind, size) in enumerate(KEYS.items(), 1)))
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def server(session_lab, authority, keys):
    """Ours, with everything it can serve."""
    port, ke_port = proc.free_port(), proc.free_port()
    daemon = session_lab.utcd(our_server(authority.sign("newer-ours"), port, ke_port, keys={"file": str(keys)}), utcd.PROCESSES, name="newer-ours")
    daemon.wait_answering(HOST, port)
    daemon.port, daemon.ke_port = port, ke_port
    yield daemon
    daemon.stop()


def serving_chronyd(lab, authority, name, *lines, preload=None):
    pem, private = authority.sign(name)
    ke_port = proc.free_port()
    daemon = lab.start(newer.chronyd, "local stratum 3", f"ntsport {ke_port}", f"ntsservercert {pem}", f"ntsserverkey {private}", "ntsprocesses 1", *lines,
                       name=name, preload=preload).wait_serving()
    daemon.ke_port = ke_port
    return daemon


@pytest.fixture(scope="module")
def chronyd(session_lab, authority, keys):
    return serving_chronyd(session_lab, authority, "newer-chronyd", f"keyfile {keys}")


@pytest.fixture(scope="module")
def unlike(session_lab):
    """Preloaded, it makes chronyd one that exports keys for AEAD 30 in a way of its own and knows of no other."""
    library = session_lab.dir / "unlike.so"
    proc.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, pathlib.Path(__file__).with_name("unlike.c")], check=True)
    return library


@pytest.fixture(scope="module")
def ntpd_rs(session_lab, authority):
    """It has no source and no right to a clock, so it says of itself that it is not synchronised."""
    pem, private = authority.sign("newer-ntpd-rs")
    port, ke_port = proc.free_port(), proc.free_port()
    daemon = session_lab.start(newer.NtpdRs, f"""
[[server]]
listen = "{HOST}:{port}"
[[nts-ke-server]]
listen = "{HOST}:{ke_port}"
certificate-chain-path = "{pem}"
private-key-path = "{private}"
ntp-port = {port}
""", "ntpd-rs-server")
    daemon.port, daemon.ke_port = port, ke_port
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.2), what=daemon.log)
    return daemon


def client(lab, authority, sources, **more):
    """A client of ours that has learnt from all of them for some polls."""
    daemon = lab.utcd({"sources": sources, "nts": {"trusted_certificates": str(authority.pem)}, **more})
    daemon.wait_synchronised(20)
    daemon.wait_status(lambda s: all(one["accepted"] >= 12 for one in s["sources"]), 20)
    return daemon


def learns(lab, authority, sources, **more):
    """Its sources."""
    return client(lab, authority, sources, **more).status()["sources"]


def aeads_of(daemon):
    """By which algorithms keys came, one after the other."""
    return [int(n) for n in re.findall(r"keys for AEAD (\d+)", daemon.log())]


# ---- we learn ----

def test_from_chronyd_by_nts(lab, authority, chronyd):
    assert aeads_of(client(lab, authority, [source(chronyd.ke_port)])) == [AEADS[0]]


@pytest.mark.parametrize("aead", [SIV, pytest.param(GCM_SIV, marks=gcm_siv)])
def test_from_chronyd_by_one_aead(lab, authority, aead):
    server = serving_chronyd(lab, authority, "newer-one-aead", f"ntsaeads {aead}")
    assert aeads_of(client(lab, authority, [source(server.ke_port)])) == [aead]


def test_from_chronyd_that_exports_keys_in_a_way_of_its_own(lab, authority, unlike):
    """It grants AEAD 30, whose keys would be others than ours: it is asked again, without."""
    server = serving_chronyd(lab, authority, "newer-unlike", preload=unlike)
    daemon = client(lab, authority, [source(server.ke_port)])
    assert aeads_of(daemon) == [SIV] and daemon.status()["sources"][0]["verdicts"].get("nts_nak", 0) == 0


@gcm_siv
def test_chronyd_with_nothing_but_keys_of_its_own(lab, authority, unlike):
    server = serving_chronyd(lab, authority, "newer-unlike-only", "ntsaeads 30", preload=unlike)
    daemon = lab.utcd({"sources": [source(server.ke_port)], "nts": {"trusted_certificates": str(authority.pem)}})
    proc.wait_for(lambda: "no algorithm that we know" in daemon.log(), 20, what=daemon.log)
    assert daemon.status()["sources"][0]["accepted"] == 0


@pytest.mark.parametrize("key", range(1, len(KEYS) + 1), ids=KEYS)
def test_from_chronyd_by_key(lab, authority, chronyd, keys, key):
    learns(lab, authority, [utcd.source(chronyd.port, key=key)], keys={"file": str(keys)})


def test_from_chronyd_interleaved(lab, authority, chronyd):
    assert learns(lab, authority, [utcd.source(chronyd.port, interleaved=True)])[0]["interleaved"]


@pytest.mark.parametrize("nts", [False, True], ids=["plain", "nts"])
def test_from_ntpd_rs(lab, authority, ntpd_rs, nts):
    """Each answer is ours, and authentic where that was asked for, before its leap indicator is believed: nothing else is wrong with it."""
    one = source(ntpd_rs.ke_port) if nts else utcd.source(ntpd_rs.port)
    daemon = lab.utcd({"sources": [one], "nts": {"trusted_certificates": str(authority.pem)}})
    found = daemon.wait_status(lambda s: s["sources"] and s["sources"][0]["verdicts"].get("server_unsynchronised", 0) >= 12, 20)["sources"][0]
    assert found["verdicts"].keys() == {"server_unsynchronised"}
    assert daemon.log().count("gave 8 cookies and keys for AEAD 15") == nts


# ---- they learn ----

def test_chronyd_learns(lab, server):
    assert abs(newer.chronyd_query(lab.dir, HOST, server.port)) < 0.01


def query_by_nts(lab, authority, server, *lines, preload=None):
    options = f"nts ntsport {server.ke_port}"
    assert abs(newer.chronyd_query(lab.dir, "localhost", server.port, options, f"ntstrustedcerts {authority.pem}", *lines, preload=preload)) < 0.01
    assert server.counters()[1].get("nts_nak", 0) == 0


def test_chronyd_learns_by_nts(lab, authority, server):
    """It asks for AEAD 30 first and takes what we have."""
    query_by_nts(lab, authority, server)


@pytest.mark.parametrize("aead", [SIV, pytest.param(GCM_SIV, marks=gcm_siv)])
def test_chronyd_learns_by_one_aead(lab, authority, server, aead):
    query_by_nts(lab, authority, server, f"ntsaeads {aead}")


def test_chronyd_learns_that_exports_keys_in_a_way_of_its_own(lab, authority, server, unlike):
    """Its wish for AEAD 30 is passed over."""
    query_by_nts(lab, authority, server, preload=unlike)


@pytest.mark.parametrize("key", range(1, len(KEYS) + 1), ids=KEYS)
def test_chronyd_learns_by_key(lab, server, keys, key):
    assert abs(newer.chronyd_query(lab.dir, HOST, server.port, f"key {key}", f"keyfile {keys}")) < 0.01


def test_chronyd_stays_interleaved(lab, server):
    """Its own extension field too, which we do not know."""
    before = server.counters()[1]["answered"]
    client = lab.start(newer.chronyd, f"server {HOST} port {server.port} iburst xleave extfield F323 minpoll -2 maxpoll 0", name="newer-client")
    client.wait_serving()
    proc.wait_for(lambda: server.counters()[1]["answered"] >= before + 12, 20, what=client.log)


@pytest.mark.parametrize("nts", [False, True], ids=["plain", "nts"])
def test_ntpd_rs_learns(lab, authority, server, nts):
    where = f'mode = "nts"\naddress = "localhost:{server.ke_port}"\ncertificate-authority = "{authority.pem}"' if nts else \
        f'mode = "server"\naddress = "{HOST}:{server.port}"'
    client = lab.start(newer.NtpdRs, f"[[source]]\n{where}\n", name="ntpd-rs-client")
    offset = proc.wait_for(lambda: client.source(), 20, every=0.5, what=client.log)
    assert abs(offset) < 0.01
