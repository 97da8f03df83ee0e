"""A machine whose clock is dead asks servers with NTS: whom it believes, and when its clock is set."""

import time

import pytest

from lib import peers, proc, utcd
from lib.nts import NtsChronyd, source

DEAD = "@1970-01-01 00:00:10"


@pytest.fixture(scope="module")
def servers(session_lab, authority):
    return [NtsChronyd(session_lab, authority.sign(f"for-bootstrap-{i}", "DNS:localhost,IP:127.0.0.1"), f"bootstrap-{i}") for i in range(3)]


def boot(lab, authority, sources, mode=utcd.ONE_PROCESS, clock=(), fake=DEAD, **more):
    config = {"sources": sources, "nts": {"trusted_certificates": str(authority.pem)}, "clock": {"mode": "virtual", **dict(clock)}}
    return lab.utcd(config, mode, env=peers.fake_time(fake), **more)


def true_seconds(status):
    """How far the clock is from this machine's."""
    return abs(status["clock"]["utc_ns"] / 1e9 - time.time())


@pytest.mark.parametrize("mode", utcd.MODES)
def test_boots_from_1970_by_three_servers(lab, authority, servers, mode):
    began = time.monotonic()
    daemon = boot(lab, authority, [source(s.ke_port, port=s.port) for s in servers], mode)
    status = daemon.wait_synchronised(30)
    print(f"synchronised {time.monotonic() - began:.2f} s after the start")
    assert true_seconds(status) < 2
    assert "it is set once 3 source(s) with NTS agree" in daemon.log() and "the clock lives again" in daemon.log()
    assert all(s["certificate_expires"] for s in status["sources"])


def test_two_of_three_do_not_set_a_dead_clock(lab, authority, servers):
    """Nor do plain servers beside them."""
    plain = lab.start(peers.Chronyd, "plain").wait_serving()
    daemon = boot(lab, authority, [*(source(s.ke_port, port=s.port) for s in servers[:2]), utcd.source(plain.port), source(proc.free_port())])
    daemon.wait_status(lambda s: sum(x["accepted"] >= 8 for x in s["sources"]) >= 3, 30)
    status = daemon.status()
    assert status["clock"]["status"] == "not synchronised" and "clock is dead" in status["clock"]["hint"]
    assert any(x["verdicts"].get("nts_bootstrap") for x in status["sources"])


def test_a_certificate_of_another_time_vouches_for_no_time(lab, authority, servers):
    """It had not expired at the release, but has now: what is known says nothing against it, the time that it tells does."""
    stale = authority.sign("stale", days=("-days", "90"), when="@2026-02-01 00:00:00")
    pairs = [NtsChronyd(lab, stale, f"stale-{i}") for i in range(3)]
    daemon = boot(lab, authority, [source(s.ke_port, port=s.port) for s in pairs])
    daemon.wait_status(lambda s: len([x for x in s["sources"] if x["verdicts"].get("nts_bootstrap", 0) >= 2]) == 3, 30)
    assert daemon.status()["clock"]["status"] == "not synchronised"


def test_what_was_known_last_says_that_a_certificate_has_expired(lab, authority, servers):
    """The same certificate, and a machine that was up after its end: no keys are taken."""
    kept = lab.dir / "drift"
    kept.write_text(utcd.memory_text(0, saved_s=int(time.time()) - 86400))
    stale = authority.sign("stale", days=("-days", "90"), when="@2026-02-01 00:00:00")
    server = NtsChronyd(lab, stale, "stale")
    daemon = boot(lab, authority, [source(server.ke_port)], clock={"drift_file": str(kept)})
    proc.wait_for(lambda: "no NTS keys from localhost: certificate has expired" in daemon.log(), what=daemon.log)


def test_a_living_clock_needs_no_three(lab, authority, servers):
    daemon = boot(lab, authority, [source(servers[0].ke_port)], fake="+2s")
    daemon.wait_synchronised(30)
    assert "clock is dead" not in daemon.log()


def test_a_dead_clock_with_one_source_is_set_by_that_one(lab, authority, servers):
    daemon = boot(lab, authority, [source(servers[0].ke_port)])
    assert true_seconds(daemon.wait_synchronised(30)) < 2
    assert "it is set once 1 source(s)" in daemon.log()


def test_bootstrap_sources_0_lets_any_source_set_it(lab, authority):
    plain = lab.start(peers.Chronyd, "plain").wait_serving()
    daemon = boot(lab, authority, [utcd.source(plain.port), source(proc.free_port())], clock={"bootstrap_sources": 0})
    assert true_seconds(daemon.wait_synchronised(30)) < 2
