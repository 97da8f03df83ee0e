"""An attacker's code inside serve tries to get out (tests/evil): every escape fails, the daemon tells and goes on, and the time it serves is the same."""

import os
import pwd
import re
import signal
import socket
import time

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
ME = pwd.getpwuid(os.geteuid()).pw_name
EVIL = utcd.BUILD / "tests/evil/simple-utcd-evil"
SPEAK = ["order_step", "leave_descriptors", "hang_up"]   # on any descriptor: the parent cuts off who does so over the connection that he joined by
pytestmark = pytest.mark.skipif(any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")), reason="instrumented builds confine nothing")


def escapes():
    return [line.split("\t") for line in proc.run([EVIL, "--escapes"]).stdout.splitlines()]


def evil_role(lab, daemon):
    return lab.start(lambda directory: proc.Process("role", [EVIL, "--role", "serve", "--join", daemon.run_dir / "roles.sock"], directory))


def evil_daemon(lab, number, joins, process=None):
    """(daemon, its port, the serve process where that is a service of its own)"""
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 1}, "process": {"serve_user": ME} if joins else process or {}}, utcd.PROCESSES,
                      name=f"evil-{number}", daemon=EVIL)
    role = evil_role(lab, daemon) if joins else None
    daemon.wait_answering(HOST, port)
    proc.wait_for(lambda: " started, " in daemon.log() and (role or "serve" in daemon.roles()), every=0.01, what=daemon.log)
    return daemon, port, role


def ended_by(role):
    """As a shell would show it, where its own walls end it; else its signal."""
    code = role.wait()
    return "SIGSYS" if code == 128 + signal.SIGSYS else signal.Signals(-code).name if code < 0 else f"exit code {code}"


def attempt(daemon, port, role, number):
    """What became of it: "escaped", "failed (errno)", or how the process ended."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.settimeout(0.05)
        attacker.sendto(b"EVIL" + bytes([number]), (HOST, port))

        def outcome():
            if role and not role.running():
                return ended_by(role)
            if not role and "ended by SIG" in daemon.log():     # why the parent ends it is told before
                return "SIG" + daemon.log().rpartition("ended by SIG")[2].partition(";")[0]
            try:
                answer = attacker.recv(64)
            except TimeoutError:
                return None
            return "escaped" if answer[4:5] == b"E" else f"failed (errno {answer[5]})"
        return proc.wait_for(outcome, every=0, what=lambda: f"escape {number}: neither an answer nor a death\n{daemon.log()}")


@pytest.mark.parametrize("joins", [False, True], ids=["forked", "joined"])
def test_PROC_09_no_escape_from_serve(lab, joins):
    rows, found = escapes(), {}
    assert len(rows) >= 40
    for number, name, _ in rows:    # a daemon for each: deaths that follow closely are told together
        daemon, port, role = evil_daemon(lab, number, joins)
        found[name] = attempt(daemon, port, role, int(number))
        if role and name in SPEAK:
            role.wait()
        if role and not role.running():
            evil_role(lab, daemon)
        after = proc.wait_for(lambda at=port: ntp.ask(HOST, at, timeout=0.1), what=daemon.log)
        daemon.stop()
        assert after.usable and after.stratum == utcd.LOCAL["stratum"] and abs(after.offset_s) < 0.1, name
    for _, name, title in rows:
        print(f"  {name:16} {title:42} {found[name]}")
    for name in SPEAK:
        assert re.match("failed|SIGKILL" + ("|SIGTERM" if joins else ""), found.pop(name)), name
    assert all(re.match(r"SIGSYS|SIGSEGV|failed", outcome) for outcome in found.values()), found
    assert sum(outcome.startswith("SIGSYS") for outcome in found.values()) >= 60
    assert found["page"] == "SIGSEGV"
    assert not (lab.dir / "evil").exists()


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as stat:
        user, system = stat.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("joins", [False, True], ids=["forked", "joined"])
@pytest.mark.parametrize("name", ["leave_descriptors", "hang_up"])
def test_PROC_09_serve_leaves_its_parent_as_it_is(lab, name, joins):
    number = next(int(number) for number, other, _ in escapes() if other == name)
    daemon, port, role = evil_daemon(lab, number, joins)
    before = descriptors(daemon.pid)
    attempt(daemon, port, role, number)
    if role:
        role.wait()
        evil_role(lab, daemon)
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.1), what=daemon.log)
    proc.wait_for(lambda: descriptors(daemon.pid) <= before, what=lambda: f"{before} descriptors, then {descriptors(daemon.pid)}")
    assert ("ended its way to us" in daemon.log()) == (name == "hang_up"), "why it is killed"
    used = cpu_s(daemon.pid)
    time.sleep(1)
    assert cpu_s(daemon.pid) - used < 0.2, "the parent turns round and round"


def test_PROC_09_serve_does_not_have_core_ended_as_hung(lab):
    number = next(int(number) for number, name, _ in escapes() if name == "silence_others")
    daemon, port, _ = evil_daemon(lab, number, False, {"watchdog": "2s"})
    core = daemon.roles()["core"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.sendto(b"EVIL" + bytes([number]), (HOST, port))
    proc.wait_for(lambda: re.search("process serve .*gives no sign of life", daemon.log()), what=daemon.log)
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.1), what=daemon.log)
    assert daemon.roles()["core"] == core, daemon.log()


def test_PROC_09_serve_holds_no_reload_up(lab):
    """The first one makes a configuration that is not in use; it is what the second one would be read into."""
    number = next(int(number) for number, name, _ in escapes() if name == "hold_reloads")
    daemon, port, _ = evil_daemon(lab, number, False)
    serve = daemon.roles()["serve"]
    assert attempt(daemon, port, None, number).startswith("failed")
    assert daemon.ctl("reload").returncode == 0
    assert daemon.ctl("reload", timeout=30).returncode == 0, daemon.log()
    assert "the process serve" in daemon.log() and daemon.roles().get("serve") not in (None, serve)
    assert ntp.ask(HOST, port).usable
