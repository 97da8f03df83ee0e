"""Who is answered on which listener, and what the administrator is told about it."""

import json
import os
import subprocess

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
FAILED, USAGE, DENIED = 1, 2, 4


def ask(port, source, host=HOST):
    with ntp.Client(host, port, source=source) as client:
        client.send(ntp.request())
        return client.receive(0.2)


@pytest.fixture(params=utcd.MODES)
def guarded(lab, request):
    """Two NTP listeners: the second is closed to 127.0.0.0/24 but for one address, and wants 127.0.2.0/24 authenticated."""
    inner, outer = proc.free_port(), proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{inner}", f"{HOST}:{outer}"], "client_log": True}, "access": [
        {"nets": ["127.0.0.0/24"], "action": "deny", "listeners": [f"{HOST}:{outer}"]},
        {"nets": ["127.0.0.9"], "action": "allow"},
        {"nets": ["127.0.2.0/24"], "action": "authenticate", "listeners": [f"{HOST}:{outer}"]}]}, request.param)
    daemon.wait_answering(HOST, inner)
    return daemon, inner, outer


def test_each_listener_has_its_access_list(guarded):
    daemon, inner, outer = guarded
    assert ask(inner, "127.0.0.5") and ask(inner, "127.0.2.5")
    assert not ask(outer, "127.0.0.5") and not ask(outer, "127.0.2.5")
    assert ask(outer, "127.0.0.9") and ask(outer, "127.0.3.5")
    verdicts = daemon.counters()[1]
    assert (verdicts["denied"], verdicts["unauthenticated"]) == (1, 1)


def line_of(daemon, text):
    return next(i for i, line in enumerate(daemon.config_path.read_text().splitlines(), 1) if text in line)


def test_acl_test_names_the_line_that_decides(guarded):
    daemon, inner, outer = guarded
    told = json.loads(daemon.ctl("acl", "test", "127.0.0.5", "--listener", f"{HOST}:{outer}", "--json").stdout)["access"]
    assert [(a["action"], a["service"], a["listeners"]) for a in told] == [("deny", "NTP", 1)]
    assert told[0]["rule"]["net"] == "127.0.0.0/24" and told[0]["rule"]["item"] == 0
    assert told[0]["rule"]["written_at"].startswith(f"{daemon.config_path}:{line_of(daemon, '127.0.0.0/24')}:")
    everywhere = json.loads(daemon.ctl("acl", "test", "127.0.2.5", "--json").stdout)["access"]
    assert [(a["listener"], a["action"], a["rule"] and a["rule"]["item"]) for a in everywhere] == [
        (f"{HOST}:{inner}", "allow", None), (f"{HOST}:{outer}", "authenticate", 2)]
    text = daemon.ctl("acl", "test", "127.0.0.9").stdout
    assert f"is answered" in text and "127.0.0.9/32 in access[1]" in text


def test_acl_test_says_what_cannot_be_told(guarded):
    daemon, inner, _ = guarded
    none = daemon.ctl("acl", "test", "127.0.0.5", "--service", "time")
    assert none.returncode == FAILED and "does not serve time" in none.stderr
    assert daemon.ctl("acl", "test", "127.0.0.5", "--listener", "127.0.0.99").returncode == FAILED
    assert daemon.ctl("acl", "test", "somewhere").returncode == USAGE


def test_clients_lists_the_busiest_first(guarded):
    daemon, inner, _ = guarded
    for source, times in (("127.0.0.21", 3), ("127.0.0.22", 7), ("127.0.0.23", 1)):
        for _ in range(times):
            assert ask(inner, source)
    told = json.loads(daemon.ctl("clients", "--count", "2", "--json").stdout)["clients"]
    assert [(c["prefix"], c["requests"]) for c in told["list"]][0] == ("127.0.0.22/32", 7)
    assert len(told["list"]) == 2 and told["counted"] and 3 <= told["known"] <= 5 and 2.5 < told["ever"] < 5.5
    assert 0.1 < told["list"][0]["per_second"] <= 7 and told["list"][0]["last_age_ns"] < 10e9 and not told["list"][0]["blocked"]
    lines = daemon.ctl("clients").stdout.splitlines()
    assert "known" in lines[0] and lines[3].startswith("127.0.0.22 ")
    assert json.loads(daemon.ctl("acl", "test", "127.0.0.22", "--json").stdout)["access"][0]["client"]["requests"] == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_only_the_administrator_learns_who_the_clients_are(guarded):
    daemon, _, _ = guarded
    daemon.run_dir.chmod(0o755)
    for parent in daemon.run_dir.parents[:-1]:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(0o711)
    nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    for words in (["clients"], ["acl", "test", "127.0.0.1"]):
        refused = proc.run([*nobody, utcd.UTCCTL, *words, "--socket", daemon.socket_path])
        assert refused.returncode == DENIED and "does not permit" in refused.stderr, refused
    assert proc.run([*nobody, utcd.UTCCTL, "status", "--socket", daemon.socket_path]).returncode == 0


def test_clients_that_are_not_counted(lab):
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{proc.free_port()}"]}})
    daemon.wait_status(lambda s: True)
    done = daemon.ctl("clients")
    assert done.returncode == 0 and "not counted" in done.stdout


@pytest.mark.parametrize("mode", utcd.MODES)
def test_who_exceeds_the_limit_many_times_is_blocked_for_a_while_and_told_to_the_audit(lab, mode):
    port = proc.free_port()
    limit = {"rate": 5, "burst": 5, "kiss": 0, "leak": 0, "block_above": 4, "block_window": "1s", "block_for": "6s"}
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "rate_limit": limit}, mode)
    daemon.wait_answering(HOST, port)
    assert daemon.ctl("status").returncode == 0, "core, which tells of blocks, is there"
    with ntp.Client(HOST, port, source="127.0.0.66") as flood:
        for _ in range(200):
            flood.send(ntp.request())
    proc.wait_for(lambda: "audit: 127.0.0.66/32 is blocked for 6 s" in daemon.log(), 5)
    assert daemon.counters()[1]["blocked"] > 0
    assert "blocked for a while" in daemon.ctl("acl", "test", "127.0.0.66").stdout
    assert not ask(port, "127.0.0.66") and ask(port, "127.0.0.67"), "nobody else is held back"
    proc.wait_for(lambda: ask(port, "127.0.0.66"), 20, every=0.7, what="the block never ends")
    assert daemon.log().count("audit:") == 1


@pytest.fixture
def flood():
    """A flood of good requests from 127.0.0.1: flood(port) begins it."""
    running = []

    def begin(port):
        running.append(subprocess.Popen([utcd.BUILD / "bench/flood", HOST, str(port), "--deaf", "1", "--rate", "300000", "--seconds", "120"], stdout=subprocess.DEVNULL))
        return running[-1]
    yield begin
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.skipif(any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")), reason="an instrumented program is slower than a flood")
@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_flood_is_thinned_out_by_the_kernel_while_it_lasts(lab, flood, mode):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "rate_limit": {}}, mode)
    daemon.wait_answering(HOST, port)
    attacker = flood(port)
    proc.wait_for(lambda: "127.0.0.1/32 floods: the kernel drops all but one of 32" in daemon.log(), 60, what=daemon.log)
    proc.wait_for(lambda: daemon.counters()[1].get("sieved", 0) > 0, 20, what="nobody counts what the kernel drops")
    proc.wait_for(lambda: ask(port, "127.0.0.67"), 20, what="others are held back as well")
    attacker.kill()
    attacker.wait()
    for _ in range(3):
        proc.wait_for(lambda: ask(port, HOST), 20, what="the flood is over, and its address is still held back")
    requests, verdicts = daemon.counters()
    assert requests == sum(verdicts.values())
