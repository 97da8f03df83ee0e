"""The drift file, the run directory and the disk below them."""

import os
import re
import signal
import subprocess
import time

import pytest

from lib import ntp, proc, utcd
from lib.utcd import drift_text, memory_of, memory_text


HOST = "127.0.0.1"


def start(lab, chronyd, drift, mode=utcd.ONE_PROCESS, **kwargs):
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port)], "clock": {"drift_file": str(drift)}}, mode, **kwargs)
    daemon.wait_status(lambda s: True)
    return daemon


BAD = [("empty", b""), ("truncated_early", drift_text(12)[:20].encode()), ("truncated_late", drift_text(12)[:-1].encode()),
       ("truncated_number", drift_text(12)[:35].encode()), ("random", os.urandom(100)), ("newer_version", b"simple-utcd drift 9\nfreq_ppm 1\n"),
       ("one_bit", drift_text(12).replace("12.", "13.").encode()), ("not_a_number", b"simple-utcd drift 1\nfreq_ppm nan\nskew_ppm 0.1\n"),
       ("newer_clock", b"simple-utcd clock 3\nfreq_ppm 1\n"), ("memory_cut", memory_text(12)[:120].encode()),
       ("one_bit_of_two", memory_text(12).replace("12.", "13.").encode()), ("steps_below_zero", memory_text(stepped_s=-1).encode()),
       ("huge", drift_text(1e308).encode()), ("large", b"x" * 100000)]


@pytest.mark.parametrize("content", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_ST_01_a_bad_drift_file_is_set_aside(lab, good_chronyd, content):
    drift = lab.dir / "drift"
    drift.write_bytes(content)
    daemon = start(lab, good_chronyd, drift)
    assert (lab.dir / "drift.bad").read_bytes() == content
    assert "drift.bad" in daemon.log()
    daemon.wait_synchronised()
    assert [p["subject"] for p in daemon.status()["problems"] if p["id"] == "state-set-aside"] == [str(drift)]
    assert daemon.stop() == 0
    assert "ppm read from" not in daemon.log().partition("drift.bad")[2], "it was believed as well"
    assert not drift.exists() or memory_of(drift.read_text())   # it exists as soon as a frequency is learnt


@pytest.mark.parametrize("text", [drift_text, memory_text])
def test_ST_01_a_good_one_is_used(lab, good_chronyd, text):
    drift = lab.dir / "drift"
    drift.write_text(text(-23.5))
    os.utime(drift, (1, 1))
    daemon = start(lab, good_chronyd, drift)
    assert not (lab.dir / "drift.bad").exists()
    assert "-23.5" in daemon.log() and "state-set-aside" not in [p["id"] for p in daemon.status()["problems"]]
    assert daemon.stop() == 0
    assert drift.stat().st_mtime > 1, "not written anew"
    assert memory_of(drift.read_text())["synchronised_once"] == 1


@pytest.mark.parametrize("freq_ppm", [600, -600])
def test_ST_02_an_implausible_frequency_is_clamped(lab, good_chronyd, freq_ppm):
    drift = lab.dir / "drift"
    drift.write_text(drift_text(freq_ppm))
    daemon = start(lab, good_chronyd, drift)
    status = daemon.wait_status(lambda s: True)
    told = next(p for p in status["problems"] if p["id"] == "state-clamped")
    assert told["subject"] == str(drift) and told["sentence"].endswith(f"it says {freq_ppm:+}.000 ppm")
    assert 499 < abs(status["clock"]["frequency_ppm"]) <= 500 and f"a frequency of {freq_ppm} ppm, beyond clock.max_frequency" in daemon.log()


def small_disk(lab, size="64k"):
    """A file system of its own that can be filled or turned read-only, seen by this test and what it starts."""
    where = lab.dir / "disk"
    where.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", where], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
    return where


@pytest.fixture
def disk(lab):
    where = small_disk(lab)
    yield where
    subprocess.run(["umount", "-l", where], check=True)


@pytest.mark.parametrize("harm", ["full", "read_only", "gone"])
def test_ST_03_ST_04_the_disk_fails_while_running(lab, good_chronyd, disk, harm):
    folder = disk / "state"
    folder.mkdir()
    drift = folder / "drift"
    drift.write_text(drift_text(3))
    daemon = start(lab, good_chronyd, drift)
    daemon.wait_synchronised()
    proc.wait_for(lambda: drift.read_text().startswith("simple-utcd clock 2"), 5, what="never saved")
    old = drift.read_bytes()
    if harm == "full":
        with open(disk / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
            while True:
                filler.write(bytes(512))
    elif harm == "read_only":
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    else:
        drift.unlink()
        (folder / "drift.lock").unlink()
        folder.rmdir()
    assert daemon.status()["clock"]["status"] == "synchronised"
    assert daemon.stop() == 0
    assert daemon.log().count("cannot save") == 1, daemon.log()
    assert {"full": "the disk is full", "read_only": "the file system is read-only", "gone": "its directory does not exist"}[harm] in daemon.log(), daemon.log()
    if harm != "gone":
        assert drift.read_bytes() == old
        assert sorted(os.listdir(folder)) == ["drift", "drift.lock"]


def test_ST_04_the_drift_directory_is_missing_from_the_start(lab, good_chronyd):
    """Told at once, not when there is something to save."""
    drift = lab.dir / "no" / "such" / "drift"
    daemon = start(lab, good_chronyd, drift)
    daemon.wait_synchronised()
    assert daemon.log().count(f"cannot save {drift}: its directory does not exist") == 1
    assert daemon.stop() == 0


@pytest.mark.parametrize("mode", utcd.MODES)
def test_two_daemons_do_not_learn_into_one_file(lab, mode):
    """Each with a run directory of its own: what one has learnt, and its budget of steps, the other would write over."""
    config = {"clock": {"drift_file": str(lab.dir / "drift")}, "local": utcd.LOCAL}
    first = lab.utcd(config, mode, name="first")
    first.wait_status(lambda s: True)
    second = lab.utcd(config, mode, name="second")
    assert second.wait() == 6
    assert f"another simple-utcd keeps in {lab.dir}/drift what it learns" in second.log()
    assert first.stop() == 0
    third = lab.utcd(config, mode, name="third")
    third.wait_status(lambda s: True)


def test_a_world_writable_drift_file_is_not_believed(lab, good_chronyd):
    drift = lab.dir / "drift"
    drift.write_text(drift_text(77))
    drift.chmod(0o666)
    daemon = start(lab, good_chronyd, drift)
    assert (lab.dir / "drift.bad").exists() and "ppm read from" not in daemon.log()


def test_a_run_directory_that_cannot_be_made(lab):
    daemon = lab.utcd({"local": utcd.LOCAL, "process": {"run_dir": "/proc/nowhere"}})
    assert daemon.wait(2) in (1, 4)
    assert "/proc/nowhere" in daemon.log()


@pytest.mark.parametrize("pages", range(5))
@pytest.mark.parametrize("what", ["page", "clockbound"])
def test_ST_03_no_room_for_what_is_mapped(lab, disk, pages, what):
    """A file that is mapped before the disk has a place for it ends whoever writes there by SIGBUS: it is asked for first, and time is served without."""
    folder = disk / "run"
    folder.mkdir(mode=0o755)
    with open(disk / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
        while True:
            filler.write(bytes(4096))
    os.truncate(disk / "filler", (disk / "filler").stat().st_size - pages * 4096)
    port = proc.free_port()
    place = {"process": {"run_dir": str(folder)}} if what == "page" else {"clockbound": {"path": str(folder / "shm0")}}
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, **place}, utcd.PROCESSES)
    if what == "page" and pages == 0:
        assert daemon.wait() == 1 and "the disk is full" in daemon.log()    # nor is there for the lock
        return
    daemon.wait_answering(HOST, port)
    time.sleep(0.5)
    assert ntp.ask(HOST, port).usable and "SIGBUS" not in daemon.log()
    if pages == 4:
        assert "full" not in daemon.log()
    elif what == "page" and "the disk is full" in daemon.log():
        assert not (folder / "page").exists()


def test_room_that_cannot_be_asked_for(lab):
    """Behind a filter of system calls that does not know fallocate the page is made all the same."""
    daemon = lab.utcd({"local": utcd.LOCAL}, utcd.PROCESSES, prefix=proc.failing("fallocate", "EPERM", "1+"))
    assert daemon.wait_status(lambda s: True) and (daemon.run_dir / "page").exists() and "cannot write the clock page" not in daemon.log()


YEAR_S = 365 * 86400


@pytest.mark.parametrize("mode", utcd.MODES)
def test_ST_06_the_saved_time_is_a_lower_bound(lab, mode):
    """A machine's clock before the saved time: what is served starts there, is not called right, and `local` is not about such a clock."""
    drift = lab.dir / "drift"
    saved_s = int(time.time()) + YEAR_S
    drift.write_text(memory_text(saved_s=saved_s))
    port = proc.free_port()
    daemon = lab.utcd({"clock": {"drift_file": str(drift)}, "local": utcd.LOCAL, "ntp": {"listen": [f"127.0.0.1:{port}"]}}, mode)
    status = daemon.wait_status(lambda s: True)
    assert next(p for p in status["problems"] if p["id"] == "clock-behind")["sentence"].endswith(": it was 365 d behind")
    status = status["clock"]
    assert status["status"] == "not synchronised" and status["stratum"] == 0
    assert saved_s <= status["utc_ns"] / 1e9 < saved_s + 20
    assert "behind the time this daemon knew last" in daemon.log()
    assert re.search(r"time goes on from \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ until", daemon.log())
    assert daemon.wait_answering("127.0.0.1", port).leap == 3


@pytest.mark.parametrize("mode", utcd.MODES)
def test_ST_06_a_saved_time_that_was_wrong_is_corrected(lab, good_chronyd, mode):
    """The sources have the last word, and what is saved then is the right time."""
    drift = lab.dir / "drift"
    drift.write_text(memory_text(saved_s=int(time.time()) + YEAR_S))
    daemon = start(lab, good_chronyd, drift, mode)
    assert abs(daemon.wait_synchronised()["clock"]["utc_ns"] / 1e9 - time.time()) < 2
    assert daemon.stop() == 0
    memory = memory_of(drift.read_text())
    assert abs(memory["saved_ns"] / 1e9 - time.time()) < 10
    assert abs(memory["stepped_ns"] / 1e9 - YEAR_S) < 20, "the step back counts"


@pytest.mark.parametrize("mode", utcd.MODES)
def test_what_was_stated_goes_on(lab, mode):
    """What was told under `local` is kept at a clean end, and the next run does not begin before it; but a clock that is further behind was set back."""
    drift, config = lab.dir / "drift", {"clock": {"drift_file": str(lab.dir / "drift")}, "local": {"stratum": 10, "error": "20s"}}
    daemon = lab.utcd(config, mode)
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    assert daemon.stop() == 0
    memory = memory_of(drift.read_text())
    assert abs(memory["stated_ns"] / 1e9 - time.time()) < 10 and memory["saved_ns"] == 0
    daemon = lab.utcd(config, mode)
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    daemon.stop()
    assert "no frequency was learnt yet" in daemon.log() and " ppm read from" not in daemon.log()
    for ahead_s, told_ahead_s in ((15, 15), (100, 0)):
        stated_s = int(time.time()) + ahead_s
        drift.write_text(memory_text(stated_s=stated_s))
        daemon = lab.utcd(config, mode)
        clock = daemon.wait_status(lambda s: s["clock"]["status"] == "local")["clock"]
        assert abs(clock["utc_ns"] / 1e9 - time.time() - told_ahead_s) < 5
        assert (clock["utc_ns"] / 1e9 >= stated_s) == (told_ahead_s > 0)
        daemon.stop()


def budget(lab, chronyd, drift, seconds):
    return lab.utcd({"sources": [utcd.source(chronyd.port)], "clock": {"drift_file": str(drift), "step_budget": f"{seconds}s"}}, utcd.PROCESSES)


def test_the_step_budget_survives_restarts(lab, good_chronyd):
    """G19: 100 s have been stepped in earlier runs; one more of 60 s is within 200 s, the next after another restart is not."""
    drift = lab.dir / "drift"
    drift.write_text(memory_text(saved_s=int(time.time()) + 60, stepped_s=100))
    daemon = budget(lab, good_chronyd, drift, 200)
    daemon.wait_synchronised()
    assert "of the 3.333 min that clock.step_budget allows" in daemon.ctl("status").stdout
    assert daemon.stop() == 0
    stepped_s = memory_of(drift.read_text())["stepped_ns"] / 1e9
    assert 150 < stepped_s < 165
    drift.write_text(memory_text(saved_s=int(time.time()) + 60, stepped_s=int(stepped_s)))
    daemon = budget(lab, good_chronyd, drift, 200)
    daemon.wait_status(lambda s: "step_budget is spent" in s["clock"]["hint"] and "step-budget" in [p["id"] for p in s["problems"]])
    assert daemon.status()["clock"]["status"] == "not synchronised"
    assert daemon.log().count("clock.step_budget is") == 1
    assert daemon.stop() == 0
    assert memory_of(drift.read_text())["stepped_ns"] == int(stepped_s) * 10**9, "refused steps do not count"


def test_what_was_learnt_of_a_source_is_kept(lab, good_chronyd):
    drift = lab.dir / "drift"
    daemon = start(lab, good_chronyd, drift)
    daemon.wait_status(lambda s: s["sources"][0]["accepted"] >= 10)
    assert daemon.stop() == 0
    memory = memory_of(drift.read_text())
    assert list(memory["sources"]) == [f"127.0.0.1:{good_chronyd.port}"]
    assert memory["wander"] > 0 and abs(memory["saved_ns"] / 1e9 - time.time()) < 10


@pytest.mark.parametrize("mode", utcd.MODES)
def test_ST_07_the_log_is_rotated_while_it_is_written(lab, mode):
    """By copytruncate and by rename, with standard error as a shell's `2>file` leaves it: nothing is lost, no hole, no torn line."""
    log, renamed = lab.dir / "rotated.log", lab.dir / "rotated.log.1"
    daemon = lab.utcd({"local": utcd.LOCAL}, mode, prefix=("sh", "-c", 'exec "$@" >"$0" 2>&1', log))
    daemon.wait_status(lambda s: True)

    def written(file, size):
        os.kill(daemon.pid, signal.SIGHUP)
        return file.stat().st_size >= size
    proc.wait_for(lambda: written(log, 3000), timeout=30, every=0.002, what=daemon.log)
    os.truncate(log, 0)
    proc.wait_for(lambda: written(log, 3000), timeout=30, every=0.002, what=daemon.log)
    log.rename(renamed)
    before = renamed.stat().st_size
    proc.wait_for(lambda: written(renamed, before + 3000), timeout=30, every=0.002, what=daemon.log)
    assert daemon.stop() == 0
    text = renamed.read_bytes()
    assert not log.exists() and len(text) > before, "what came after the rename is lost"
    assert b"\0" not in text
    lines = text.decode().splitlines()
    assert len(lines) > 50 and all(line.startswith("simple-utcd: ") for line in lines)
    assert sum("stopped by" in line for line in lines) == 1, "what another process says may stand behind it"


def test_the_sum_of_steps_outlives_every_process(lab, good_chronyd):
    """G19: it is on the disk before anybody can be killed for another free step."""
    drift = lab.dir / "drift"
    drift.write_text(memory_text(saved_s=int(time.time()) + 60, stepped_s=100))
    daemon = budget(lab, good_chronyd, drift, 200)
    stepped_ns = daemon.wait_synchronised()["clock"]["stepped_ns"]
    assert 150e9 < stepped_ns < 165e9
    core = daemon.roles()["core"]
    os.kill(core, signal.SIGKILL)
    proc.wait_for(lambda: daemon.roles().get("core", core) != core, what="core did not come back")
    assert daemon.wait_synchronised()["clock"]["stepped_ns"] == stepped_ns
    for pid in proc.session_members(daemon.pid):
        os.kill(pid, signal.SIGKILL)
    daemon.wait()
    proc.wait_for(lambda: not proc.session_members(daemon.pid), what="not all of them are gone")
    assert memory_of(drift.read_text())["stepped_ns"] == stepped_ns
