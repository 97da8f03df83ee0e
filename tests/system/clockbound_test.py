"""The ClockBound segment of the real daemon. Here it keeps a virtual clock: the system clock is somebody else's, and the status has to be unknown."""

import os
import struct
import time

import pytest

from lib import clockbound, proc, utcd

HEADER = struct.Struct("=IIIHH")


def config(path, **more):
    return {"local": {"stratum": 10, "error": "5ms"}, "clockbound": {"path": str(path)}, **more}


@pytest.mark.parametrize("mode", utcd.MODES)
def test_the_segment_is_written_each_second(lab, mode):
    path = lab.dir / "clockbound/shm0"
    daemon = lab.utcd(config(path), mode)
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    first = proc.wait_for(lambda: clockbound.Segment(path), what=daemon.log)
    assert first.is_valid() and first.size == clockbound.SIZE == path.stat().st_size == 80
    later = proc.wait_for(lambda: clockbound.Segment(path).generation not in (0, first.generation) and clockbound.Segment(path), 10, what=daemon.log)
    assert later.as_of > first.as_of and later.void_after > later.as_of
    assert later.bound_ns >= 5_000_000 and later.max_drift_ppb >= 1000
    assert (later.marker, later.disruption_support) == (0, 0)
    earliest, latest, status = later.now()
    assert earliest <= time.time_ns() <= latest + 10**7     # the machine's clock is what the statement is about
    assert status == clockbound.UNKNOWN
    assert path.stat().st_mode & 0o777 == 0o644
    assert not daemon.bugs() and "is not used" not in daemon.log()


def test_with_a_vmclock_its_marker_is_told(lab):
    path, device = lab.dir / "clockbound/shm0", lab.dir / "vmclock"
    device.write_bytes(struct.pack("<IIHBBIQ", 0x4B4C4356, 104, 1, 1, 0, 2, 77).ljust(4096, b"\0"))
    daemon = lab.utcd(config(path, clock={"vmclock": str(device)}))
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    segment = clockbound.Segment(path)
    assert (segment.marker, segment.disruption_support) == (77, 1)


def test_without_the_key_there_is_no_segment(lab):
    daemon = lab.utcd({"local": utcd.LOCAL})
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    assert not list(lab.dir.glob("**/shm0"))


def test_a_restart_keeps_the_file_and_its_generation(lab):
    path = lab.dir / "clockbound/shm0"
    daemon = lab.utcd(config(path))
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    inode, generation = path.stat().st_ino, proc.wait_for(lambda: clockbound.Segment(path).generation)
    daemon.stop()
    daemon = lab.utcd(config(path))
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    assert path.stat().st_ino == inode and clockbound.Segment(path).generation > generation


def test_what_else_lay_there_becomes_a_segment(lab):
    path = lab.dir / "shm0"
    path.write_bytes(os.urandom(200))
    path.chmod(0o644)
    daemon = lab.utcd(config(path))
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    assert clockbound.Segment(path).is_valid() and path.stat().st_size == 80


def a_link(path):
    (path.parent / "precious").write_text("keep")
    path.symlink_to(path.parent / "precious")


def a_second_name(path):
    (path.parent / "precious").write_text("keep")
    os.link(path.parent / "precious", path)


def a_pipe(path):
    os.mkfifo(path)


def a_folder(path):
    path.mkdir()


def written_by_others(path):
    path.touch()
    path.chmod(0o666)


def of_another_user(path):
    path.touch()
    os.chown(path, 12345, 12345)


def in_a_folder_of_others(path):
    path.parent.chmod(0o777)


@pytest.mark.parametrize("make, reason", [
    (a_link, "symbolic link"), (a_second_name, "another name"), (a_pipe, "no regular file"), (a_folder, "is not used"), (written_by_others, "others may write to it"),
    pytest.param(of_another_user, "another user", marks=pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away takes root")),
    (in_a_folder_of_others, "others may write to it")])
def test_ST_a_prepared_file_is_refused_and_the_daemon_goes_on(lab, make, reason):
    path = lab.dir / "there/shm0"
    path.parent.mkdir(mode=0o755)
    make(path)
    daemon = lab.utcd(config(path))
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    assert f"clockbound.path: {path} is not used" in daemon.log() and reason in daemon.log()
    precious = path.parent / "precious"
    assert not precious.exists() or precious.read_text() == "keep"
