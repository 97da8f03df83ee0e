"""The machine sleeps: nothing that was known before is served after it."""

import os
import pathlib
import signal
import sys
import time

import pytest

from lib import http, ntp, peers, proc, utcd

HOST = "127.0.0.1"
SOURCE = pathlib.Path(__file__).parents[1] / "lib" / "asleep.c"


@pytest.fixture
def sleeper(lab, good_chronyd):
    """start(mode) gives (daemon, port, sleep): synchronised, on a machine that sleep() puts to sleep for an hour."""
    library, slept = lab.dir / "asleep.so", lab.dir / "slept"      # and hurried on
    proc.run(["cc", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    slept.write_bytes((7).to_bytes(8, sys.byteorder) + bytes(8))

    def start(mode, config=None, **more):
        port = proc.free_port()
        env = {"LD_PRELOAD": str(library), "ASLEEP": str(slept),
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port, **more)], "ntp": {"listen": [f"{HOST}:{port}"]},
                           "http": {"listen": [f"{HOST}:{(page := proc.free_port())}"], "ready_max_error": "10s"}} | (config or {}), mode, env=env)
        daemon.http = page
        daemon.wait_synchronised()
        return daemon, port, sleep

    def sleep():
        time.sleep(0.01)        # to fall asleep takes a while
        with open(slept, "r+b") as file:
            file.write((3607).to_bytes(8, sys.byteorder))
    return start


def test_CLK_02_serve_says_nothing_stale_while_core_does_not_know_yet(sleeper):
    daemon, port, sleep = sleeper(utcd.PROCESSES)
    core = daemon.roles()["core"]
    os.kill(core, signal.SIGSTOP)
    assert ntp.ask(HOST, port).usable
    sleep()
    answer = ntp.ask(HOST, port)
    assert (answer.leap, answer.stratum) == (3, 0)
    os.kill(core, signal.SIGCONT)
    proc.wait_for(lambda: ntp.ask(HOST, port).usable, what="not measured again")
    assert "the machine was suspended" in daemon.log()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_CLK_02_the_first_answer_after_a_sleep_is_not_usable(sleeper, mode):
    daemon, port, sleep = sleeper(mode, min_poll=2, max_poll=2)      # seconds until core asks again
    assert ntp.ask(HOST, port).usable
    sleep()
    assert not ntp.ask(HOST, port).usable
    daemon.wait_status(lambda s: s["clock"]["status"] == "disrupted", what="core does not notice")
    daemon.wait_synchronised(15)
    assert ntp.ask(HOST, port).usable
    assert daemon.log().count("the machine was suspended") == 1


@pytest.mark.parametrize("mode", utcd.MODES)
def test_CLK_02_http_says_nothing_stale_while_core_does_not_know_yet(sleeper, mode):
    """Core, or the whole of one process, stands still: what HTTP knows is from before the sleep."""
    daemon, _, sleep = sleeper(mode)
    keeper = daemon.roles()["core"] if mode == utcd.PROCESSES else daemon.pid
    proc.wait_for(lambda: http.get(daemon.http, "/readyz").status == 200, 20, what=lambda: http.get(daemon.http, "/readyz").text)
    os.kill(keeper, signal.SIGSTOP)
    try:
        assert http.get(daemon.http, "/v1/now").json()["usable"]
        sleep()
        now = http.get(daemon.http, "/v1/now").json()
        assert (now["status"], now["usable"], now["stratum"]) == ("disrupted", False, 0)
        ready = http.get(daemon.http, "/readyz")
        assert ready.status == 503 and "the clock: disrupted" in ready.text
    finally:
        os.kill(keeper, signal.SIGCONT)
    proc.wait_for(lambda: http.get(daemon.http, "/readyz").status == 200, 20, what=lambda: http.get(daemon.http, "/readyz").text)


def test_CLK_02_local_goes_on_after_a_sleep_though_core_dies(lab, sleeper):
    """In the minute in which it waits for a source, which is hurried on here. The next core knows of the sleep, and tells of it no second time."""
    chronyd = lab.start(peers.Chronyd, "dies").wait_serving()
    daemon, port, sleep = sleeper(utcd.PROCESSES, {"local": utcd.LOCAL, "sources": [utcd.source(chronyd.port)]})
    chronyd.signal(signal.SIGSTOP)
    sleep()
    daemon.wait_status(lambda s: s["clock"]["status"] == "disrupted")
    core = daemon.roles()["core"]
    os.kill(core, signal.SIGKILL)
    proc.wait_for(lambda: daemon.roles().get("core") not in (None, core), what=daemon.log)
    assert daemon.wait_status(lambda s: True)["clock"]["status"] == "disrupted"
    with open(lab.dir / "slept", "r+b") as file:
        file.seek(8)
        file.write((64).to_bytes(8, sys.byteorder))
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    answer = ntp.ask(HOST, port)
    assert answer.usable and answer.stratum == utcd.LOCAL["stratum"]
    assert abs(answer.offset_s - 3600 - 64) < 1, "the sleep was not made up for, or twice"
    assert daemon.log().count("the machine was suspended") == 1
