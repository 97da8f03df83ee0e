"""Our daemon learns from real servers, tells a wrong one, refuses one that knows nothing, and stays honest when all are gone."""

import pytest

from lib import ntp, peers, proc, sandbox, utcd

HOST = "127.0.0.1"


def judge_answer(port, stratum):
    """Our answer is within the bound it states. This machine's system clock is the truth: every good server serves it."""
    answer = proc.wait_for(lambda: ntp.ask(HOST, port), what="no answer at all")
    assert answer.usable and answer.stratum == stratum and answer.leap == 0
    assert abs(answer.offset_s) <= answer.bound_s + answer.delay_s / 2, f"{answer.offset_s} is outside {answer.bound_s} + {answer.delay_s}/2"
    return answer


def states(status):
    return {s["name"]: s["state"] for s in status["sources"]}


@pytest.mark.parametrize("mode", utcd.MODES)
def test_learns_from_chronyd(lab, good_chronyd, mode):
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}}, mode)
    status = daemon.wait_synchronised()
    answer = judge_answer(port, 4)
    assert answer.refid == bytes([127, 0, 0, 1])
    source = status["sources"][0]
    assert (source["state"], source["stratum"]) == ("selected", 3)
    assert abs(source["offset_ns"]) <= source["bound_ns"] < 10_000_000
    assert source["stamp"] == "kernel", "receive and transmit were not stamped by the kernel"
    daemon.wait_status(lambda s: s["sources"][0]["reach"] == 255, what="eight polls are not all answered")


def test_learns_over_ipv6(lab, good_chronyd):
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port, "::1")], "ntp": {"listen": [f"{HOST}:{port}"]}})
    daemon.wait_synchronised()
    judge_answer(port, 4)


def test_learns_from_ntpsec(lab):
    neighbour, port = lab.neighbour(), proc.free_port()
    ntpsec = lab.start(peers.Ntpsec, neighbour)
    daemon = lab.utcd({"sources": [utcd.source(123, neighbour.address)], "ntp": {"listen": [f"{HOST}:{port}"]}})
    ntpsec.wait_serving(root_dispersion_s=1)
    daemon.wait_synchronised(timeout=20)
    judge_answer(port, 1 + ntp.ask(ntpsec.address, 123).stratum)


def test_openntpd_that_is_not_synchronised_is_refused(lab):
    if not sandbox.really_root:
        pytest.skip("openntpd becomes a user of its own, which takes root")
    neighbour, port = lab.neighbour(), proc.free_port()
    openntpd = lab.start(peers.Openntpd, neighbour)
    assert openntpd.wait_answering().leap == 3
    daemon = lab.utcd({"sources": [utcd.source(123, neighbour.address)], "ntp": {"listen": [f"{HOST}:{port}"]}})
    status = daemon.wait_status(lambda s: s["sources"][0]["verdicts"].get("server_unsynchronised", 0) >= 4, what="its answers were not refused")
    assert status["sources"][0]["accepted"] == 0
    assert status["clock"]["status"] == "not synchronised"
    answer = ntp.ask(HOST, port)
    assert (answer.leap, answer.stratum) == (3, 0)


LIARS = {
    # chronyd takes the kernel's packet stamps, which libfaketime does not change, only while they are within 1 s of its clock.
    "5s_by_libfaketime": {"fake": "+5s"},
    "minus_5s_by_libfaketime": {"fake": "-5s"},
    "half_a_second_by_its_own_clock": {"offset": 0.5},
}


@pytest.mark.parametrize("mode, liar", [(utcd.ONE_PROCESS, "5s_by_libfaketime"), (utcd.PROCESSES, "minus_5s_by_libfaketime"),
                                        (utcd.ONE_PROCESS, "half_a_second_by_its_own_clock")])
def test_majority_of_three_names_the_falseticker(lab, good_chronyd, mode, liar):
    how, port = LIARS[liar], proc.free_port()
    second = lab.start(peers.Chronyd, "second")
    if "fake" in how:
        wrong = lab.start(peers.Chronyd, "wrong", fake=how["fake"])
    else:
        wrong = lab.start(peers.Chronyd, "wrong", lines=[f"server {HOST} port {good_chronyd.port} iburst minpoll -2 maxpoll 0 offset {how['offset']}"])
    second.wait_serving()
    wrong.wait_serving()
    assert abs(ntp.ask(HOST, wrong.port).offset_s) > 0.4, "the liar tells the truth"
    daemon = lab.utcd({"sources": [utcd.source(p.port) for p in (wrong, good_chronyd, second)], "ntp": {"listen": [f"{HOST}:{port}"]}}, mode)
    status = daemon.wait_status(lambda s: s["clock"]["status"] == "synchronised" and s["clock"]["sources_false"] == 1, what="no falseticker found")
    by_port = {s["address"].rpartition(":")[2]: s["state"] for s in status["sources"]}
    assert by_port[str(wrong.port)] == "falseticker"
    assert status["clock"]["sources_selected"] == 2
    assert "falseticker" in daemon.ctl("sources").stdout
    assert "falseticker" in daemon.log()
    judge_answer(port, 4)


def test_two_against_each_other_are_no_majority(lab, good_chronyd):
    """NTPC-17 with real servers: nothing is stepped, and the status says why."""
    port = proc.free_port()
    wrong = lab.start(peers.Chronyd, "wrong", fake="+5s").wait_serving()
    daemon = lab.utcd({"sources": [utcd.source(p.port) for p in (wrong, good_chronyd)], "ntp": {"listen": [f"{HOST}:{port}"]}})
    status = daemon.wait_status(lambda s: all(source["reach"] & 0xF == 0xF for source in s["sources"]))
    if status["clock"]["status"] != "not synchronised":   # the first answer alone was a majority; with the second it is none
        status = daemon.wait_status(lambda s: s["clock"]["status"] == "not synchronised")
    assert "majority" in status["clock"]["hint"]
    answer = ntp.ask(HOST, port)
    assert (answer.leap, answer.stratum) == (3, 0)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_NTP_29_all_sources_lost_the_bound_grows_then_not_synchronised(lab, mode):
    """At 500 ppm the bound passes holdover.max_error within seconds."""
    port = proc.free_port()
    only = lab.start(peers.Chronyd, "only").wait_serving()
    daemon = lab.utcd({"sources": [utcd.source(only.port)], "ntp": {"listen": [f"{HOST}:{port}"]}, "holdover": {"max_error": "5ms"},
                       "clock": {"max_drift": "500ppm", "max_drift_silent": "500ppm"}}, mode)
    daemon.wait_synchronised()
    only.stop()
    bounds = []

    def holds_over(status):
        answer = judge_answer(port, 4)
        bounds.append(answer.bound_s)
        return status["clock"]["status"] == "holdover"
    daemon.wait_status(holds_over, what="never in holdover")

    def gave_up(_):
        answer = proc.wait_for(lambda: ntp.ask(HOST, port), what="no answer at all")
        if answer.usable:
            bounds.append(answer.bound_s)
            assert abs(answer.offset_s) <= answer.bound_s + answer.delay_s / 2
        return not answer.usable
    daemon.wait_status(gave_up, timeout=20, what="goes on serving")
    growth = [later - earlier for earlier, later in zip(bounds, bounds[1:])]
    assert min(growth) >= -0.0001 and bounds[-1] - bounds[0] > 0.001, bounds     # an answer on its way may still have tightened it
    assert max(bounds) <= 0.0051
    answer = ntp.ask(HOST, port)
    assert (answer.leap, answer.stratum) == (3, 0)
    status = daemon.wait_status(lambda s: s["clock"]["status"] == "free-running", what="status does not say so")
    assert status["clock"]["stratum"] == 0 and not status["clock"]["usable"]
    assert daemon.ctl("wait-sync", "--timeout", "1").returncode != 0
