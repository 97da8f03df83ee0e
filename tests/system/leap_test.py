"""Leap seconds in the running daemon: files that come, change and go bad, and a smearing listener."""

import hashlib
import os
import signal
import time

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
NTP_EPOCH = 2_208_988_800
DAY = 86400


def leap_list(rows, expires):
    """A leap-seconds.list; times are UTC since 1970."""
    rows = [(at + NTP_EPOCH, count) for at, count in rows]
    update, expiry = rows[-1][0] - DAY, int(expires) + NTP_EPOCH
    digest = hashlib.sha1(f"{update}{expiry}{''.join(f'{at}{count}' for at, count in rows)}".encode()).hexdigest()
    lines = "".join(f"{at}\t{count}\n" for at, count in rows)
    return f"#$\t{update}\n#@\t{expiry}\n{lines}#h\t{' '.join(digest[i:i + 8] for i in range(0, 40, 8))}\n"


def next_midnight():
    """Far enough from now that it does not pass during a test."""
    now = time.time()
    if now % DAY > DAY - 60:
        time.sleep(61 - (DAY - now % DAY))
    return int(time.time() // DAY + 1) * DAY


def start(lab, mode, **keys):
    path, port, smeared = lab.dir / "leap-seconds.list", proc.free_port(), proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "smear_listen": [f"{HOST}:{smeared}"]},
                       "leap": {"list": str(path), "zone": "/nowhere/UTC", **keys}}, mode)
    daemon.wait_answering(HOST, port)
    return daemon, path, port, smeared


def look_again(daemon):
    time.sleep(1.5)    # one line of a kind is logged a second
    os.kill(daemon.pid, signal.SIGHUP)


def wait_log(daemon, words):
    proc.wait_for(lambda: words in daemon.log(), 10, what=lambda: f"{words!r} is not in the log:\n{daemon.log()}")


def put(path, text):
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.rename(path)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_list_that_appears_is_read_and_its_leap_second_announced(lab, mode):
    daemon, path, port, smeared = start(lab, mode)
    assert daemon.status()["clock"]["leap_source"] == "none"
    midnight = next_midnight()
    put(path, leap_list([(63072000, 37), (midnight, 38)], midnight + 200 * DAY))
    look_again(daemon)
    clock = daemon.wait_status(lambda s: s["clock"]["leap"] == "insert", what="the leap second is not announced")["clock"]
    assert clock["leap_at_ns"] == midnight * 10**9
    assert clock["leap_source"] == "list"
    assert clock["leap_source_expires_ns"] == (midnight + 200 * DAY) * 10**9
    assert clock["tai_minus_utc_s"] == 37
    assert "one is inserted before" in daemon.ctl("clock").stdout
    assert ntp.ask(HOST, port).leap == 1
    assert ntp.ask(HOST, smeared).leap == 0


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_smearing_listener_tells_the_linear_smear(lab, mode):
    """A leap second 9 hours off: the smear began 3 hours ago."""
    daemon, path, port, smeared = start(lab, mode)
    midnight = int(time.time()) + 9 * 3600
    put(path, leap_list([(63072000, 37), (midnight, 38)], midnight + 200 * DAY))
    look_again(daemon)
    daemon.wait_status(lambda s: s["clock"]["leap"] == "insert")
    plain, moved = ntp.ask(HOST, port), ntp.ask(HOST, smeared)
    expected = -(time.time() - (midnight - DAY / 2)) / (DAY + 1)
    assert abs(moved.offset_s - plain.offset_s - expected) < 0.002
    assert moved.usable and moved.unix(moved.reference) <= moved.unix(moved.transmit)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_LEAP_01_a_bad_list_is_refused_and_the_good_one_stays(lab, mode):
    daemon, path, _, _ = start(lab, mode)
    midnight = next_midnight()
    good = leap_list([(63072000, 37), (midnight, 36)], midnight + 200 * DAY)
    put(path, good)
    look_again(daemon)
    daemon.wait_status(lambda s: s["clock"]["leap"] == "delete")
    for content, words in [(good.replace("\t36\n", "\t38\n"), "does not match"), (good[:-20], "cannot be understood"), ("", "no leap second")]:
        put(path, content)
        look_again(daemon)
        wait_log(daemon, words)
        status = daemon.wait_status(lambda s, words=words: any(p["id"] == "leap-refused" and words in p["sentence"] for p in s["problems"]))
        assert status["clock"]["leap"] == "delete"
    put(path, good)
    assert daemon.ctl("reload").returncode == 0
    daemon.wait_status(lambda s: "leap-refused" not in [p["id"] for p in s["problems"]])


@pytest.mark.parametrize("zone", ["/nowhere/UTC", "/usr/share/zoneinfo/right/UTC"])
@pytest.mark.parametrize("mode", utcd.MODES)
def test_LEAP_02_a_list_that_has_expired_is_named_until_there_is_another(lab, mode, zone):
    """Even where time zone data that name no end stand in for it."""
    daemon, path, _, _ = start(lab, mode, zone=zone)
    for expires, named in [(time.time() + 20 * DAY, []), (time.time() - DAY, ["leap-expired"]), (time.time() + 200 * DAY, [])]:
        put(path, leap_list([(63072000, 37)], expires))
        assert daemon.ctl("reload").returncode == 0
        daemon.wait_status(lambda s, n=named: [p["id"] for p in s["problems"] if p["id"] == "leap-expired"] == n)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_LEAP_04_what_is_no_file_of_sane_size_is_refused(lab, mode):
    daemon, path, port, _ = start(lab, mode)
    os.mkfifo(path)     # before the first look
    wait_log(daemon, "no regular file")
    path.unlink()
    with open(path, "wb") as huge:
        huge.truncate(100 * 1024 * 1024)
    look_again(daemon)
    wait_log(daemon, "larger than any")
    path.unlink()
    path.symlink_to("/dev/zero")
    look_again(daemon)
    proc.wait_for(lambda: daemon.log().count("no regular file") == 2, 10, what=daemon.log)
    assert ntp.ask(HOST, port).usable
