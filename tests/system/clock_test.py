"""The clock's own trouble: no right to set it, absurd time at boot."""

import re

import pytest

from lib import ntp, peers, proc, utcd

HOST = "127.0.0.1"


@pytest.mark.parametrize("mode", utcd.MODES)
def test_CLK_05_no_right_to_steer(lab, good_chronyd, mode):
    """The right to set the clock is there at the start (the first calls are answered in the kernel's place) and lost afterwards."""
    port = proc.free_port()
    granted = [word.replace("error=EPERM", "retval=0") for word in proc.failing("clock_adjtime,adjtimex", "EPERM", "1..2")]
    daemon = lab.utcd({"clock": {"mode": "system"}, "sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}}, mode, prefix=granted)
    daemon.wait_synchronised()
    proc.wait_for(lambda: "cannot discipline the system clock" in daemon.log(), what=daemon.log)
    status = daemon.wait_status(lambda s: "cannot-steer" in [p["id"] for p in s["problems"]])
    assert status["clock"]["hint"]
    answer = ntp.ask(HOST, port)
    assert answer.usable and abs(answer.offset_s) <= answer.bound_s + answer.delay_s / 2


@pytest.mark.parametrize("mode", utcd.MODES)
def test_CLK_05_told_to_steer_without_the_right(lab, good_chronyd, mode):
    daemon = lab.utcd({"clock": {"mode": "system"}, "sources": [utcd.source(good_chronyd.port)]}, mode)
    status = daemon.wait_synchronised()
    assert status["clock"]["mode"] == "virtual"
    assert "cannot discipline the system clock" in daemon.log() and "CAP_SYS_TIME" in daemon.log()
    assert "cannot-steer" in [p["id"] for p in status["problems"]]


@pytest.mark.parametrize("mode", utcd.MODES)
def test_auto_without_the_right_keeps_a_virtual_clock_and_says_why(lab, good_chronyd, mode):
    daemon = lab.utcd({"clock": {"mode": "auto"}, "sources": [utcd.source(good_chronyd.port)]}, mode)
    status = daemon.wait_synchronised()
    assert status["clock"]["mode"] == "virtual" and status["clock"]["mode_reason"]
    proc.wait_for(lambda: re.search(r"clock: virtual \(.+\)", daemon.log()), what=daemon.log)


@pytest.mark.parametrize("when", ["1970-01-01 00:00:10", "2106-02-08 00:00:00"])
def test_ERA_02_absurd_time_at_boot(lab, good_chronyd, when):
    """The system clock says something absurd (libfaketime, in the daemon alone): one step to the network's time, in the right era."""
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}},
                      env=peers.fake_time(f"@{when}"))
    daemon.wait_synchronised()
    answer = ntp.ask(HOST, port)
    assert answer.usable and abs(answer.offset_s) <= answer.bound_s + answer.delay_s / 2
    status = daemon.status()
    assert status["clock"]["steps"] == 1
    assert [p["id"] for p in status["problems"] if p["id"] == "clock-behind"] == ["clock-behind"] * (when < "2026")


@pytest.mark.parametrize("when, believed", [("1970-01-01 00:00:10", False), ("2106-02-08 00:00:00", False), ("2027-01-01 00:00:00", True)])
def test_ERA_02_a_statement_about_a_clock_never_set_is_not_believed(lab, when, believed):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}},
                      env=peers.fake_time(f"@{when}"))
    answer = daemon.wait_answering(HOST, port)
    assert (answer.leap, answer.stratum) == ((0, 10) if believed else (3, 0))
    proc.wait_for(lambda: ("served by the operator's statement" if believed else "which cannot be right: set it") in daemon.log(), what=daemon.log)
