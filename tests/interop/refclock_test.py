"""Reference clocks: gpsd as it is, stand-ins for what else writes shared memory or sends samples, and those who must not."""

import json
import os
import signal
import socket
import time

import pytest

from lib import ntp, peers, proc, refclock, sandbox, utcd

HOST = "127.0.0.1"
SILENCE_S = 8 * 16 + 20         # eight polls of the longest interval
NOBODY = 65534


@pytest.fixture(autouse=True)
def segments():
    """All shared memory of these tests is their own."""
    if sandbox.really_root:
        refclock.own_segments()
        yield
    else:
        with refclock.units(20, 21, 22):
            yield


def shm(unit=21, **more):
    return {"shm": unit, "refid": "GPS", "error": "5ms", **more}


def served(lab, sources, mode=utcd.ONE_PROCESS, **config):
    port = proc.free_port()
    return lab.utcd({"sources": sources, "ntp": {"listen": [f"{HOST}:{port}"]}, **config}, mode), port


def honest(port, offset=0.0, stratum=1):
    """An answer, whose error against true time (this machine's clock + offset) is within the bound it tells."""
    answer = ntp.ask(HOST, port)
    assert answer and answer.usable and answer.stratum == stratum
    assert abs(answer.offset_s - offset) <= answer.bound_s + answer.delay_s / 2, (answer.offset_s, offset, answer.bound_s)
    return answer


def the_source(status, name):
    return next(s for s in status["sources"] if s["name"] == name)


@pytest.mark.skipif(not sandbox.really_root, reason="gpsd makes the segments 0 and 1 as root")
@pytest.mark.parametrize("mode", utcd.MODES)
def test_REF_03_gpsd_hands_over_no_time_before_the_first_fix(lab, mode):
    """Once it had one, gpsd 3.22 goes on by the receiver's own clock when the fix is lost: that cannot be seen here (docs/reference-clocks.md)."""
    with refclock.Receiver(late=0.1) as receiver:
        receiver.fix = False
        daemon, port = served(lab, [{"shm": 0, "refid": "GPS", "error": "500ms"}], mode)
        lab.start(peers.Gpsd, receiver.path)
        proc.wait_for(lambda: receiver.said > 8, 20, what="gpsd does not read the receiver")
        assert the_source(daemon.status(), "SHM(0)")["accepted"] == 0, "without a fix"
        receiver.fix = True
        daemon.wait_synchronised(20)
        answer = honest(port)
        assert answer.refid == b"GPS\0" and -0.5 < answer.offset_s < 0.0, "late by the serial line"
        assert 0.5 < answer.bound_s < 0.7
        source = the_source(daemon.wait_status(lambda s: the_source(s, "SHM(0)")["accepted"] >= 4, 60), "SHM(0)")
        assert (source["state"], source["stratum"], source["reference_id"]) == ("selected", 0, "GPS")
        receiver.silent = True
        daemon.wait_status(lambda s: any(p["id"] == "source-silent" for p in s["problems"]), 40)
        honest(port)


@pytest.mark.skipif(not sandbox.really_root, reason="another user takes root")
def test_a_daemon_that_never_was_root_makes_the_memory_that_gpsd_writes(lab):
    """As under the installed unit: started before gpsd, which as root may write what belongs to another user."""
    for directory in (lab.dir, lab.dir / "simple-utcd"):
        directory.mkdir(exist_ok=True)
        os.chown(directory, NOBODY, NOBODY)
    with refclock.Receiver() as receiver:
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        daemon = lab.utcd({"sources": [{"shm": 0, "refid": "GPS", "error": "500ms"}]}, utcd.PROCESSES, prefix=as_nobody)
        daemon.wait_status(lambda s: s["sources"])
        lab.start(peers.Gpsd, receiver.path)
        daemon.wait_synchronised(30)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_shared_memory_makes_a_server_of_stratum_1(lab, mode):
    with refclock.Writer(21, offset=0.004) as writer:
        daemon, port = served(lab, [shm(offset="-1ms")], mode)
        daemon.wait_synchronised(20)
        assert honest(port, 0.004).refid == b"GPS\0"
        daemon.wait_status(lambda s: the_source(s, "SHM(21)")["accepted"] >= 10, 40)
        assert abs(honest(port, 0.004).offset_s - 0.003) < 0.001, "corrected by the offset"
        if mode == utcd.PROCESSES:
            os.kill(daemon.roles()["core"], signal.SIGKILL)
            daemon.wait_status(lambda s: the_source(s, "SHM(21)")["accepted"] >= 3, 30)
            honest(port, 0.004)
        text = daemon.ctl("explain", "SHM(21)")
        assert text.returncode == 0 and "SHM(21)" in text.stdout
        writer.leap = 3
        daemon.wait_status(lambda s: the_source(s, "SHM(21)")["verdicts"].get("ref_unsynchronised", 0) > 0)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_REF_10_silence_is_holdover_and_its_end_no_step(lab, mode):
    """The feed stops, the bound grows; it comes back 4 ms away, and the served line runs there instead of jumping."""
    with refclock.Writer(21) as writer:
        daemon, port = served(lab, [shm()], mode)
        daemon.wait_synchronised(20)
        daemon.wait_status(lambda s: the_source(s, "SHM(21)")["accepted"] >= 6, 20)
        before = honest(port).bound_s
        writer.silent = True
        daemon.wait_status(lambda s: s["clock"]["status"] == "holdover", SILENCE_S)
        assert honest(port).bound_s > before
        assert {"source-silent", "all-silent", "holdover"} <= {p["id"] for p in daemon.status()["problems"]}
        writer.offset, writer.silent = 0.004, False
        last = first = honest(port)
        end = time.monotonic() + 30
        while time.monotonic() < end and abs(last.offset_s - first.offset_s) < 0.003:
            now = honest(port)
            assert abs(now.offset_s - last.offset_s) < 0.001 + (now.delay_s + last.delay_s) / 2, "a step"
            last = now
            time.sleep(0.02)
        assert abs(last.offset_s - first.offset_s) >= 0.003, "it followed"
        status = daemon.status()
        assert (status["clock"]["status"], status["clock"]["steps"]) == ("synchronised", 0)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_REF_09_malformed_samples_and_strangers_are_dropped(lab, mode):
    path = lab.dir / "ref.sock"
    daemon, port = served(lab, [{"sock": str(path), "error": "5ms"}], mode)
    name = f"SOCK({path})"
    proc.wait_for(path.exists)
    assert path.stat().st_mode & 0o777 == 0o600
    with refclock.Sender(path, every=0.5) as sender:
        daemon.wait_synchronised(20)
        assert honest(port).refid == b"SOCK"
        good = refclock.datagram()
        for payload in (b"", good[:-1], good + b"x", refclock.datagram(magic=7), refclock.datagram(float("nan")), refclock.datagram(float("-inf")),
                        refclock.datagram(1e300), refclock.datagram(pulse=-1), refclock.datagram(pulse=1), refclock.datagram(leap=3), refclock.datagram(-2e9),
                        refclock.datagram(at_ns=time.time_ns() - 60 * 10**9), refclock.datagram(at_ns=time.time_ns() + 60 * 10**9)):
            sender.send(payload)
        want = {"ref_length": 3, "ref_format": 1, "ref_not_finite": 2, "ref_range": 1, "ref_pulse": 2, "ref_unsynchronised": 1, "ref_absurd": 1, "ref_old": 1,
                "ref_future": 1}
        daemon.wait_status(lambda s: {k: v for k, v in the_source(s, name)["verdicts"].items() if k.startswith("ref_")} == want)
        honest(port)
    if sandbox.really_root:
        pid = os.fork()
        if pid == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            try:
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(good, str(path))
            except PermissionError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7, "nobody may send"
    daemon.stop()
    assert not path.exists()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_REF_08_shared_memory_of_another_size_is_named_and_not_used(lab, mode):
    refclock.segment(22, size=80)
    with refclock.Writer(21):
        daemon, port = served(lab, [shm(), shm(22)], mode)
        daemon.wait_status(lambda s: any(p["id"] == "source-refused" and p["subject"] == "SHM(22)" for p in s["problems"]))
        assert "SHM(22) is not used: the shared memory 0x4e545046: there is one of another size" in daemon.log()
        status = daemon.wait_status(lambda s: the_source(s, "SHM(22)")["verdicts"].get("ref_foreign", 0) > 2)
        assert the_source(status, "SHM(22)")["accepted"] == 0


@pytest.mark.skipif(not sandbox.really_root, reason="a segment of another user takes root")
def test_REF_08_shared_memory_of_another_user_is_named_and_not_used(lab):
    pid = os.fork()
    if pid == 0:
        os.setuid(NOBODY)
        refclock.segment(21, mode=0o666)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    with refclock.Writer(21):
        daemon, port = served(lab, [shm()])
        daemon.wait_status(lambda s: any(p["id"] == "source-refused" for p in s["problems"]))
        assert "it belongs to user 65534" in daemon.log()
        time.sleep(3)
        assert daemon.status()["clock"]["status"] == "not synchronised"


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_reference_clock_beside_servers(lab, good_chronyd, mode):
    """It leads, as the narrowest; one that lies beyond what it declares is outvoted."""
    servers = [utcd.source(good_chronyd.port), utcd.source(good_chronyd.port, host="::1")]
    with refclock.Writer(21) as writer:
        daemon, port = served(lab, [shm(error="20us", prefer=True), *servers], mode)
        daemon.wait_status(lambda s: s["clock"]["status"] == "synchronised" and s["clock"]["stratum"] == 1 and the_source(s, "SHM(21)")["accepted"] > 8, 40)
        honest(port)
        writer.offset = 0.5
        daemon.wait_status(lambda s: the_source(s, "SHM(21)")["state"] == "falseticker", 40)
        assert abs(honest(port, stratum=ntp.ask(HOST, port).stratum).offset_s) < 0.01


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_new_reference_clock_takes_a_restart(lab, mode):
    with refclock.Writer(21):
        daemon, _ = served(lab, [shm()], mode)
        daemon.wait_synchronised(20)
        config = json.loads(daemon.config_path.read_text())
        config["sources"].append(shm(20))
        daemon.config_path.write_text(json.dumps(config))
        done = daemon.ctl("reload")
        assert done.returncode != 0 and "takes a restart" in done.stdout + done.stderr
        config["sources"] = [shm(error="7ms")]
        daemon.config_path.write_text(json.dumps(config))
        assert daemon.ctl("reload").returncode == 0
        daemon.wait_status(lambda s: the_source(s, "SHM(21)")["root_dispersion_ns"] >= 7 * 10**6)
        off = daemon.ctl("sources", "offline", "SHM(21)")
        assert off.returncode == 0, off.stdout + off.stderr
        daemon.wait_status(lambda s: the_source(s, "SHM(21)")["state"] == "offline")


def test_a_socket_that_cannot_be_made_ends_the_start(lab):
    daemon = lab.utcd({"sources": [{"sock": str(lab.dir / "no/such/x.sock"), "error": "1ms"}]})
    assert daemon.wait() != 0
    assert "its directory has to be there" in daemon.log()
