"""Leap seconds in the running daemon: files that come, change and go bad, and a smearing listener."""

import hashlib
import os
import signal
import time

import pytest

from lib import ntp, peers, proc, utcd

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


MIDNIGHT = 1_798_761_600    # 2027-01-01


def start(lab, mode, eve=False, **keys):
    """eve: by its only source it is three in the afternoon of the day before MIDNIGHT."""
    path, port, smeared = lab.dir / "leap-seconds.list", proc.free_port(), proc.free_port()
    time_from = {"local": utcd.LOCAL}
    if eve:
        server = lab.start(peers.Chronyd, "eve", fake="@2026-12-31 15:00:00").wait_serving()
        time_from = {"sources": [utcd.source(server.port)]}
    daemon = lab.utcd({**time_from, "ntp": {"listen": [f"{HOST}:{port}"], "smear_listen": [f"{HOST}:{smeared}"]},
                       "leap": {"list": str(path), "zone": "/nowhere/UTC", **keys}}, mode)
    daemon.wait_status(lambda s: s["clock"]["usable"], what="no time")
    daemon.wait_answering(HOST, port)
    return daemon, path, port, smeared


def look_again(daemon):
    """And it has looked when this returns: what is put there next is for the next look."""
    before = daemon.status()["daemon"]["reloads"]
    time.sleep(1.5)    # one line of a kind is logged a second
    os.kill(daemon.pid, signal.SIGHUP)
    daemon.wait_status(lambda s: s["daemon"]["reloads"] > before)


def wait_log(daemon, words):
    proc.wait_for(lambda: words in daemon.log(), 10, what=lambda: f"{words!r} is not in the log:\n{daemon.log()}")


def put(path, text):
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.rename(path)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_list_that_appears_is_read_and_its_leap_second_announced(lab, mode):
    daemon, path, port, smeared = start(lab, mode, eve=True)
    assert daemon.status()["clock"]["leap_source"] == "none"
    put(path, leap_list([(63072000, 37), (MIDNIGHT, 38)], MIDNIGHT + 200 * DAY))
    look_again(daemon)
    clock = daemon.wait_status(lambda s: s["clock"]["leap"] == "insert", what="the leap second is not announced")["clock"]
    assert clock["leap_at_ns"] == MIDNIGHT * 10**9
    wait_log(daemon, "TAI-UTC is 38 s from 2027-01-01T00:00:00Z on")
    assert clock["leap_source"] == "list"
    assert clock["leap_source_expires_ns"] == (MIDNIGHT + 200 * DAY) * 10**9
    assert clock["tai_minus_utc_s"] == 37
    assert "one is inserted before" in daemon.ctl("clock").stdout
    assert ntp.ask(HOST, port).leap == 1
    assert ntp.ask(HOST, smeared).leap == 0


@pytest.mark.parametrize("mode", utcd.MODES)
def test_who_is_told_smeared_time_reads_the_list_before_any_answer(lab, mode):
    """Three hours into the smear: by an unknown leap second the clock would be set an eighth of a second wrong."""
    path = lab.dir / "leap-seconds.list"
    put(path, leap_list([(63072000, 37), (MIDNIGHT, 38)], MIDNIGHT + 200 * DAY))
    server = lab.start(peers.Chronyd, "eve", fake="@2026-12-31 15:00:00").wait_serving()
    daemon = lab.utcd({"sources": [utcd.source(server.port, smear="linear")], "leap": {"list": str(path), "zone": "/nowhere/UTC"}}, mode)
    daemon.wait_status(lambda s: s["clock"]["leap"] == "insert", what="the leap second is not announced")
    wait_log(daemon, "answers (stratum")
    assert daemon.log().index("leap seconds read") < daemon.log().index("answers (stratum")
    assert "disturbed" not in daemon.log()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_smearing_listener_tells_the_linear_smear(lab, mode):
    """A leap second 9 hours off: the smear began 3 hours ago."""
    daemon, path, port, smeared = start(lab, mode, eve=True)
    put(path, leap_list([(63072000, 37), (MIDNIGHT, 38)], MIDNIGHT + 200 * DAY))
    look_again(daemon)
    daemon.wait_status(lambda s: s["clock"]["leap"] == "insert")
    plain, moved = ntp.ask(HOST, port), ntp.ask(HOST, smeared)
    expected = -(plain.unix(plain.transmit) - (MIDNIGHT - DAY / 2)) / (DAY + 1)
    assert abs(moved.offset_s - plain.offset_s - expected) < 0.002
    assert moved.usable and moved.unix(moved.reference) <= moved.unix(moved.transmit)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_LEAP_01_a_bad_list_is_refused_and_the_good_one_stays(lab, mode):
    daemon, path, _, _ = start(lab, mode, eve=True)
    good = leap_list([(63072000, 37), (MIDNIGHT, 36)], MIDNIGHT + 200 * DAY)
    put(path, good)
    look_again(daemon)
    daemon.wait_status(lambda s: s["clock"]["leap"] == "delete")
    late = leap_list([(63072000, 37), (MIDNIGHT + DAY, 36)], MIDNIGHT + 200 * DAY)
    for content, words in [(good.replace("\t36\n", "\t38\n"), "is refused: its hash line (#h) does not match"), (good[:-20], "is refused: line 5: a line cannot be understood"),
                           ("", "no leap second"), (late, "line 4: a date is not 00:00:00 UTC on the first of a month")]:
        put(path, content)
        look_again(daemon)
        wait_log(daemon, words)
        words = words.rpartition(": ")[2]
        status = daemon.wait_status(lambda s, words=words: any(p["id"] == "leap-refused" and words in p["sentence"] for p in s["problems"]))
        assert status["clock"]["leap"] == "delete"
    put(path, good)
    assert daemon.ctl("reload").returncode == 0
    daemon.wait_status(lambda s: "leap-refused" not in [p["id"] for p in s["problems"]])


@pytest.mark.parametrize("zone", ["/nowhere/UTC", "/usr/share/zoneinfo/right/UTC"])
@pytest.mark.parametrize("mode", utcd.MODES)
def test_LEAP_02_a_list_that_has_expired_is_named_until_there_is_another(lab, mode, zone):
    """Even where time zone data that name no end stand in for it. In the place of a valid one an expired list is refused."""
    put(lab.dir / "leap-seconds.list", leap_list([(63072000, 37)], time.time() - DAY))
    daemon, path, _, _ = start(lab, mode, zone=zone)
    for expires, named in [(None, ["leap-expired"]), (time.time() + 20 * DAY, []), (time.time() - DAY, ["leap-refused"]), (time.time() + 200 * DAY, [])]:
        if expires:
            put(path, leap_list([(63072000, 37)], expires))
            assert daemon.ctl("reload").returncode == 0
        status = daemon.wait_status(lambda s, n=named: [p["id"] for p in s["problems"] if p["id"] in ("leap-expired", "leap-refused")] == n)
        if named == ["leap-refused"]:
            assert any("it has expired, the one in force has not" in p["sentence"] for p in status["problems"])


@pytest.mark.parametrize("mode", utcd.MODES)
def test_LEAP_04_what_is_no_file_of_sane_size_is_refused(lab, mode):
    os.mkfifo(lab.dir / "leap-seconds.list")     # before the first look, which comes a second after the start
    daemon, path, port, _ = start(lab, mode)
    wait_log(daemon, "no regular file")
    path.unlink()
    with open(path, "wb") as huge:
        huge.truncate(100 * 1024 * 1024)
    look_again(daemon)
    wait_log(daemon, "larger than any")
    path.unlink()
    path.symlink_to("/dev/zero")
    look_again(daemon)
    daemon.wait_status(lambda s: any(p["id"] == "leap-refused" and "no regular file" in p["sentence"] for p in s["problems"]))
    assert ntp.ask(HOST, port).usable
