"""An attacker's code inside serve tries to get out (tests/evil): every escape fails, the daemon tells and goes on, and the time it serves is the same."""

import re
import socket

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
EVIL = utcd.BUILD / "tests/evil/simple-utcd-evil"
pytestmark = pytest.mark.skipif(any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")), reason="instrumented builds confine nothing")


def escapes():
    return [line.split("\t") for line in proc.run([EVIL, "--escapes"]).stdout.splitlines()]


def evil_daemon(lab, number):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 1}}, utcd.PROCESSES, name=f"evil-{number}", daemon=EVIL)
    daemon.wait_answering(HOST, port)
    proc.wait_for(lambda: " started, " in daemon.log() and "serve" in daemon.roles(), every=0.01, what=daemon.log)
    return daemon, port


def attempt(daemon, port, number):
    """What became of it: "escaped", "failed (errno)", or how the process ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.settimeout(0.05)
        attacker.sendto(b"EVIL" + bytes([number]), (HOST, port))

        def outcome():
            if "process serve" in daemon.log():
                return "SIG" + daemon.log().rpartition("ended by SIG")[2].partition(";")[0]
            try:
                answer = attacker.recv(64)
            except TimeoutError:
                return None
            return "escaped" if answer[4:5] == b"E" else f"failed (errno {answer[5]})"
        return proc.wait_for(outcome, every=0, what=lambda: f"escape {number}: neither an answer nor a death\n{daemon.log()}")


def test_PROC_09_no_escape_from_serve(lab):
    rows, found = escapes(), {}
    assert len(rows) >= 40
    for number, name, _ in rows:    # a daemon for each: deaths that follow closely are told together
        daemon, port = evil_daemon(lab, number)
        found[name] = attempt(daemon, port, int(number))
        after = proc.wait_for(lambda at=port: ntp.ask(HOST, at, timeout=0.1), what=daemon.log)
        daemon.stop()
        assert after.usable and after.stratum == utcd.LOCAL["stratum"] and abs(after.offset_s) < 0.1, name
    for _, name, title in rows:
        print(f"  {name:16} {title:42} {found[name]}")
    assert all(re.match(r"SIGSYS|SIGSEGV|failed", outcome) for outcome in found.values()), found
    assert sum(outcome.startswith("SIGSYS") for outcome in found.values()) >= 60
    assert found["page"] == "SIGSEGV"
    assert found["order_step"].startswith("failed")
    assert not (lab.dir / "evil").exists()
