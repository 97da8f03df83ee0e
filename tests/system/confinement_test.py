"""What each process may still do: rights, root, descriptors, lists of system calls; and what is told when one asks for more."""

import contextlib
import json
import os
import pwd
import re
import signal
import socket
import struct
import time

import pytest

from lib import certificate, ntp, proc, utcd

HOST = "127.0.0.1"
CONFINED = not any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_"))     # instrumented builds need memory and files at any moment
pytestmark = pytest.mark.skipif(not CONFINED, reason="instrumented builds confine nothing")
SERVES_CALLS = {"recvmmsg", "sendmmsg", "ppoll", "accept4", "shutdown", "close", "clock_gettime", "exit_group"}


@pytest.fixture
def daemon(lab):
    port, time_port = proc.free_port(), proc.free_port()
    one = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "time": {"listen": [f"{HOST}:{time_port}"]}}, utcd.PROCESSES)
    one.port = port
    one.wait_answering(HOST, port)
    proc.wait_for(lambda: {"core", "serve"} <= one.roles().keys())
    return one


def status_of(pid):
    return dict(line.rstrip("\n").split(":\t", 1) for line in open(f"/proc/{pid}/status") if ":\t" in line)


def descriptors_of(pid):
    return {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}


@pytest.mark.parametrize("role", ["core", "serve"])
def test_a_role_has_no_right_and_a_filter(daemon, role):
    status = status_of(daemon.roles()[role])
    assert all(int(status[which], 16) == 0 for which in ("CapEff", "CapPrm", "CapInh", "CapAmb"))
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_serve_sees_no_file_and_holds_its_own_listeners_only(daemon):
    pid = daemon.roles()["serve"]
    assert os.listdir(f"/proc/{pid}/root") == []
    sockets = descriptors_of(pid)
    assert len(sockets) == 4, sockets       # NTP, TIME by UDP and by TCP, the end by which the parent hands over new ones
    assert all(name.startswith("socket:") for name in sockets)
    assert not descriptors_of(pid) & descriptors_of(daemon.roles()["core"])


def test_serve_makes_no_other_calls_than_its_eight(lab):
    """Datagrams, interleaved ones, connections and the end, all seen by strace from the filter on."""
    port, time_port = proc.free_port(), proc.free_port()
    trace = lab.dir / "calls"
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "time": {"listen": [f"{HOST}:{time_port}"]}}, utcd.PROCESSES,
                      prefix=["strace", "-DDD", "-ff", "-o", trace])
    daemon.wait_answering(HOST, port)
    proc.run([utcd.UTCCTL, "query", f"{HOST}:{time_port}", "--time"], check=False)
    assert ntp.ask(HOST, port).usable
    daemon.stop()
    files = list(lab.dir.glob("calls.*"))
    proc.wait_for(lambda: all("\n+++ " in file.read_text() for file in files), what="strace has written how each ended")
    traces = [text for text in (file.read_text() for file in files) if "utcd-serve" in text and "seccomp(" in text]
    assert traces
    for text in traces:
        after = text.partition("seccomp(")[2].splitlines()[1:]
        calls = {found.group(1) for found in (re.match(r"(\w+)\(", line) for line in after) if found}
        assert calls and calls <= SERVES_CALLS, calls - SERVES_CALLS
        assert "--- SIGSYS" not in text


@pytest.mark.skipif(os.path.exists("/dev/log") or os.geteuid() != 0, reason="this system has a syslog of its own")
def test_core_reaches_syslog(lab, good_chronyd):
    """Which a C library opens when there is something to say, and with calls of its own."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind("/dev/log")
        try:
            daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "log": {"target": "syslog"}}, utcd.PROCESSES)
            daemon.wait_synchronised()
            syslog.settimeout(5)
            said = b""
            while b"synchronised" not in said:
                said = syslog.recv(2048)
        finally:
            os.unlink("/dev/log")


@pytest.mark.skipif(os.path.exists("/dev/log") or os.geteuid() != 0, reason="this system has a syslog of its own")
@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_syslog_that_does_not_read_holds_nothing_up(lab, mode):
    """Its queue is full before the daemon starts: who says something goes on all the same."""
    port = proc.free_port()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind("/dev/log")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
                filler.setblocking(False)
                filler.connect("/dev/log")
                with contextlib.suppress(BlockingIOError):
                    while filler.send(b"x"):
                        pass
                daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "log": {"target": "syslog"}}, mode)
                daemon.wait_answering(HOST, port)
                assert daemon.ctl("log", "level", "debug").returncode == 0 and daemon.ctl("reload").returncode == 0
                daemon.stop()
        finally:
            os.unlink("/dev/log")


def test_PROC_08_a_refused_call_is_told_by_role_and_number_and_the_role_comes_back(lab):
    """A kernel that has no sendmmsg makes serve try another call, which its list does not have: as a new libc would."""
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}}, utcd.PROCESSES, prefix=proc.failing("sendmmsg", "ENOSYS", "5"))
    proc.wait_for(lambda: " started, " in daemon.log(), what=daemon.log)
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.2) and "SIGSYS" in daemon.log(), what=daemon.log)
    assert re.search(r"process serve \(pid \d+\) ended by SIGSYS: the system call sendmsg \(\d+\) is not in its list; restarting", daemon.log())
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.2), what="serve did not come back")


@pytest.mark.parametrize("refused, without", [("landlock_create_ruleset", {"core": "Landlock", "ke": "Landlock"}),
                                              ("landlock_create_ruleset,chroot", {"core": "Landlock", "ke": "Landlock", "serve": "an empty root, Landlock",
                                                                                       "admin": "an empty root, Landlock"}),
                                              ("seccomp", dict.fromkeys(("core", "ke", "serve", "admin"), "a filter of system calls"))],
                         ids=["landlock", "files", "filter"])
def test_what_the_system_does_not_offer_is_told_by_each_process_once(lab, refused, without):
    """Where the root is empty nobody misses Landlock. A role that is started anew says nothing new."""
    pem, private = certificate.Authority(lab.dir).sign("server")
    port, web = proc.free_port(), proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 2}, "http": {"listen": [f"{HOST}:{web}"]},
                       "nts": {"listen": [f"{HOST}:{proc.free_port()}"], "certificate": str(pem), "private_key": str(private)}}, utcd.PROCESSES,
                      prefix=proc.failing(refused, "ENOSYS", "1+"))
    told = lambda: re.findall(r"the process (.+) runs without (.+), which this system does not offer or not to this user", daemon.log())
    proc.wait_for(lambda: len(told()) >= len(without), what=daemon.log)
    daemon.wait_answering(HOST, port)
    os.kill(daemon.roles()["serve"], signal.SIGKILL)
    daemon.wait_answering(HOST, port)
    time.sleep(2)
    assert sorted(told()) == sorted(without.items()), daemon.log()


@pytest.mark.skipif(os.geteuid() != 0, reason="the daemon has to be root's, so that there is something to regain")
def test_PROC_02_a_program_that_wrote_to_its_memory_gives_the_next_one_no_right(lab):
    """Who it is to be stands in memory that the one before could write: it is told anew."""
    lab.dir.chmod(0o755)
    nobody, (pem, private) = pwd.getpwnam("nobody"), certificate.Authority(lab.dir).sign("server")
    port, web = proc.free_port(), proc.free_port()
    daemon = lab.utcd({"process": {"user": "nobody", "run_dir": str(lab.dir / "run")}, "local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]},
                       "http": {"listen": [f"{HOST}:{web}"]},
                       "nts": {"listen": [f"{HOST}:{proc.free_port()}"], "certificate": str(pem), "private_key": str(private)}}, utcd.PROCESSES)
    proc.wait_for(lambda: {"ke", "admin", "serve"} <= daemon.roles().keys())

    def confined(role):
        pid = daemon.roles().get(role)
        return pid if pid and status_of(pid)["Seccomp"] == "2" else None
    for role in ("ke", "admin"):
        first = proc.wait_for(lambda who=role: confined(who))
        with open(f"/proc/{first}/fd/3", "r+b") as memory:
            memory.seek(memory.read().index(struct.pack("=II", nobody.pw_uid, nobody.pw_gid)))
            memory.write(struct.pack("=II", 0, 0))
        os.kill(first, signal.SIGKILL)
        second = proc.wait_for(lambda who=role, gone=first: confined(who) not in (None, gone) and confined(who))
        assert {*status_of(second)["Uid"].split(), *status_of(second)["Gid"].split()} == {str(nobody.pw_uid), str(nobody.pw_gid)}


def test_PROC_09_what_ke_tells_of_itself_is_nonsense(lab):
    """Where a text should be there is none that ends."""
    pem, private = certificate.Authority(lab.dir).sign("server")
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]},
                       "nts": {"listen": [f"{HOST}:{proc.free_port()}"], "certificate": str(pem), "private_key": str(private)}}, utcd.PROCESSES)
    ke = proc.wait_for(lambda: daemon.roles().get("ke"))
    proc.wait_for(lambda: status_of(ke)["Seccomp"] == "2")
    core = daemon.roles()["core"]
    picture = f"/proc/{ke}/fd/4"
    with open(picture, "r+b") as memory:
        memory.write(b"A" * os.stat(picture).st_size)
    told = [run for problem in daemon.status()["problems"] for run in re.findall("AA+", json.dumps(problem))]
    assert max(len(run) for run in told) == 127
    assert daemon.roles()["core"] == core


def test_serve_ends_by_its_signals_alone_when_told(daemon):
    """No handler returns in serve: SIGHUP and SIGINT are no matter of its, SIGTERM ends it."""
    pid = daemon.roles()["serve"]
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD, signal.SIGSTOP, signal.SIGCONT):
        os.kill(pid, number)
    assert ntp.ask(HOST, daemon.port, timeout=1).usable
    assert daemon.roles()["serve"] == pid
    os.kill(pid, signal.SIGTERM)
    proc.wait_for(lambda: daemon.roles().get("serve") not in (None, pid))
    assert "ended by SIGTERM" in daemon.log()
    assert ntp.ask(HOST, daemon.port, timeout=1).usable
