"""The drift file, the run directory and the disk below them."""

import os
import re
import subprocess

import pytest

from lib import utcd
from lib.utcd import drift_text

WHOLE = re.compile(r"simple-utcd drift 1\nfreq_ppm \S+\nskew_ppm \S+\nchecksum [0-9a-f]{8}\n")


def start(lab, chronyd, drift, mode=utcd.ONE_PROCESS, **kwargs):
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port)], "clock": {"drift_file": str(drift)}}, mode, **kwargs)
    daemon.wait_status(lambda s: True)
    return daemon


BAD = [("empty", b""), ("truncated_early", drift_text(12)[:20].encode()), ("truncated_late", drift_text(12)[:-1].encode()),
       ("truncated_number", drift_text(12)[:35].encode()), ("random", os.urandom(100)), ("newer_version", b"simple-utcd drift 9\nfreq_ppm 1\n"),
       ("one_bit", drift_text(12).replace("12.", "13.").encode()), ("not_a_number", b"simple-utcd drift 1\nfreq_ppm nan\nskew_ppm 0.1\n"),
       ("huge", drift_text(1e308).encode()), ("large", b"x" * 100000)]


@pytest.mark.parametrize("content", [row[1] for row in BAD], ids=[row[0] for row in BAD])
def test_ST_01_a_bad_drift_file_is_set_aside(lab, good_chronyd, content):
    drift = lab.dir / "drift"
    drift.write_bytes(content)
    daemon = start(lab, good_chronyd, drift)
    assert (lab.dir / "drift.bad").read_bytes() == content
    assert "drift.bad" in daemon.log()
    daemon.wait_synchronised()
    assert daemon.stop() == 0
    assert "ppm read from" not in daemon.log().partition("drift.bad")[2], "it was believed as well"
    assert not drift.exists() or WHOLE.fullmatch(drift.read_text())     # it exists as soon as a frequency is learnt


def test_ST_01_a_good_one_is_used(lab, good_chronyd):
    drift = lab.dir / "drift"
    drift.write_text(drift_text(-23.5))
    os.utime(drift, (1, 1))
    daemon = start(lab, good_chronyd, drift)
    assert not (lab.dir / "drift.bad").exists()
    assert "-23.5" in daemon.log()
    assert daemon.stop() == 0
    assert drift.stat().st_mtime > 1, "not written anew"
    assert WHOLE.fullmatch(drift.read_text())


@pytest.mark.parametrize("freq_ppm", [600, -600])
def test_ST_02_an_implausible_frequency_is_clamped(lab, good_chronyd, freq_ppm):
    drift = lab.dir / "drift"
    drift.write_text(drift_text(freq_ppm))
    daemon = start(lab, good_chronyd, drift)
    assert f"{'-' if freq_ppm < 0 else ''}500" in daemon.log() and "600" not in daemon.log()


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
    old = drift.read_bytes()
    daemon = start(lab, good_chronyd, drift)
    daemon.wait_synchronised()
    if harm == "full":
        with open(disk / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
            while True:
                filler.write(bytes(512))
    elif harm == "read_only":
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    else:
        drift.unlink()
        folder.rmdir()
    assert daemon.status()["clock"]["status"] == "synchronised"
    assert daemon.stop() == 0
    assert daemon.log().count("cannot save") == 1, daemon.log()
    if harm != "gone":
        assert drift.read_bytes() == old
        assert os.listdir(folder) == ["drift"]


def test_ST_04_the_drift_directory_is_missing_from_the_start(lab, good_chronyd):
    """Told at once, not when there is something to save."""
    drift = lab.dir / "no" / "such" / "drift"
    daemon = start(lab, good_chronyd, drift)
    daemon.wait_synchronised()
    assert daemon.log().count(f"cannot save {drift}") == 1
    assert daemon.stop() == 0


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
