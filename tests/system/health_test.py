"""What is wrong has a name, and whoever looks sees it."""

import os
import signal
import time

import pytest

from lib import http, peers, proc, utcd

HOST = "127.0.0.1"


def problem(status, name, subject=None):
    """The problem of that id (and subject) in a status, or None."""
    return next((p for p in status["problems"] if p["id"] == name and subject in (None, p["subject"])), None)


def wait_problem(daemon, name, subject=None, timeout=10):
    found = problem(daemon.wait_status(lambda s: problem(s, name, subject), timeout, f"no problem {name}"), name, subject)
    assert found["sentence"] and found["cause"] and found["fix"] and found["age_ns"] >= 0
    return found


def wait_no_problem(daemon, name, timeout=30):
    daemon.wait_status(lambda s: not problem(s, name), timeout, f"{name} stays")


def test_a_good_daemon_has_no_problem(lab, good_chronyd):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]})
    daemon.wait_synchronised()
    assert [p["id"] for p in daemon.status()["problems"] if p["id"] != "leap-expired"] == []


@pytest.mark.parametrize("mode", utcd.MODES)
def test_NET_a_dead_source_is_named_and_forgotten_when_it_is_back(lab, mode):
    chronyd = lab.start(peers.Chronyd, "mortal").wait_serving()
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port)]}, mode)
    daemon.wait_synchronised()
    chronyd.signal(signal.SIGSTOP)
    silent = wait_problem(daemon, "source-silent", f"{HOST}:{chronyd.port}")
    assert f"{HOST}:{chronyd.port} does not answer" in silent["sentence"]
    assert wait_problem(daemon, "all-silent")["grave"]
    first = wait_problem(daemon, "source-silent")["age_ns"]
    proc.wait_for(lambda: wait_problem(daemon, "source-silent")["age_ns"] > first)
    assert "does not answer" in daemon.ctl("status").stdout
    chronyd.signal(signal.SIGCONT)
    wait_no_problem(daemon, "source-silent")


def test_NET_the_first_request_without_an_answer_is_named_in_status_and_metrics(lab):
    """Asked every 8 s: three of them take half a minute, but the first one is seen soon after it was sent."""
    chronyd = lab.start(peers.Chronyd, "mortal").wait_serving()
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port, iburst=False, min_poll=3, max_poll=3)], "http": {"listen": [f"{HOST}:{port}"]}}, utcd.PROCESSES)
    daemon.wait_status(lambda s: s["sources"][0]["accepted"] >= 1, 30)
    chronyd.signal(signal.SIGSTOP)
    name = f"{HOST}:{chronyd.port}"
    found = wait_problem(daemon, "source-unanswered", name, timeout=40)
    assert "did not answer the last request" in found["sentence"] and not found["grave"]
    series = f'simple_utcd_problem_age_seconds{{problem="source-unanswered",subject="{name}"}}'
    proc.wait_for(lambda: series in http.metrics(port), 20)
    chronyd.signal(signal.SIGCONT)
    wait_no_problem(daemon, "source-unanswered")


def test_a_falseticker_is_named(lab, good_chronyd):
    second = lab.start(peers.Chronyd, "second").wait_serving()
    liar = lab.start(peers.Chronyd, "liar", fake="+30s").wait_serving()
    daemon = lab.utcd({"sources": [utcd.source(p.port) for p in (good_chronyd, second, liar)]})
    assert wait_problem(daemon, "source-false")["subject"] == f"{HOST}:{liar.port}"


def test_sources_without_majority_are_named(lab, good_chronyd):
    liar = lab.start(peers.Chronyd, "liar", fake="+30s").wait_serving()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port), utcd.source(liar.port)]})
    assert wait_problem(daemon, "no-majority")["grave"]


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_name_that_does_not_resolve_is_named(lab, mode):
    daemon = lab.utcd({"sources": [{"server": "no-such-host.invalid"}]}, mode)
    found = wait_problem(daemon, "name-unresolved")
    assert found["subject"] == "no-such-host.invalid" and found["sentence"].partition("be resolved: ")[2], found["sentence"]


def test_PROC_02_a_process_that_was_started_again_is_named(lab, good_chronyd):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{proc.free_port()}"]}}, utcd.PROCESSES)
    daemon.wait_synchronised()
    serve = proc.wait_for(lambda: daemon.roles().get("serve"))
    os.kill(serve, signal.SIGKILL)
    assert "1 time so far" in wait_problem(daemon, "process-ended", "serve")["sentence"]


def test_a_state_that_cannot_be_saved_is_named(lab, good_chronyd):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "clock": {"mode": "virtual", "drift_file": "/proc/no-such/drift"}})
    told = wait_problem(daemon, "not-saved")
    assert told["subject"] == "/proc/no-such/drift" and "its directory does not exist" in told["sentence"]


def test_nobody_to_ask_is_named(lab):
    assert wait_problem(lab.utcd({}), "no-source")["grave"]


@pytest.mark.parametrize("role", ["core", "serve"])
def test_a_process_that_hangs_is_ended_started_again_and_named(lab, role):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "process": {"watchdog": "3s"}}, utcd.PROCESSES)
    daemon.wait_answering(HOST, port)
    before = proc.wait_for(lambda: daemon.roles().get(role))
    proc.wait_for(lambda: daemon.status())
    os.kill(before, signal.SIGSTOP)
    proc.wait_for(lambda: daemon.roles().get(role) not in (None, before), timeout=30, what=daemon.log)
    assert wait_problem(daemon, "process-hung", role)
    assert "no sign of life" in daemon.log()
    daemon.wait_answering(HOST, port)


def test_reloads_do_not_put_off_the_look_for_hung_processes(lab):
    """A configuration that is written by a program, each second or oftener, is read as often: who hangs meanwhile is found all the same."""
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 1}, "process": {"watchdog": "3s"}}, utcd.PROCESSES)
    daemon.wait_answering(HOST, port)
    before = proc.wait_for(lambda: daemon.roles().get("serve"))
    os.kill(before, signal.SIGSTOP)
    began = time.monotonic()
    while daemon.roles().get("serve") in (None, before) and time.monotonic() - began < 12:
        assert daemon.ctl("reload").returncode == 0
        time.sleep(0.2)
    assert "no sign of life" in daemon.log()
    daemon.wait_answering(HOST, port)


def test_a_process_that_works_is_not_taken_for_a_hung_one(lab):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "process": {"watchdog": "2s"}}, utcd.PROCESSES)
    daemon.wait_answering(HOST, port)
    proc.wait_for(lambda: {"core", "serve"} <= daemon.roles().keys())
    before = daemon.roles()
    time.sleep(4)
    after = daemon.roles()
    assert all(after[r] == before[r] for r in ("core", "serve")) and "no sign of life" not in daemon.log()
