"""Processes that die, resources that run out, system calls that fail."""

import contextlib
import os
import signal
import socket
import threading
import time

import pytest

from lib import certificate, ntp, peers, proc, utcd

HOST = "127.0.0.1"
DOCUMENTED_CODES = {1, 3, 4, 5}


def ready(lab, chronyd, **more):
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}, **more}, utcd.PROCESSES)
    daemon.wait_synchronised()
    proc.wait_for(lambda: {"core", "serve"} <= daemon.roles().keys(), what=lambda: daemon.roles())     # a fresh child carries its parent's name
    return daemon, port


@pytest.mark.parametrize("role", ["core", "serve"])
def test_PROC_02_a_killed_role_comes_back(lab, good_chronyd, role):
    daemon, port = ready(lab, good_chronyd)
    before = daemon.roles()
    os.kill(before[role], signal.SIGKILL)
    after = proc.wait_for(lambda: daemon.roles() if daemon.roles().get(role) not in (None, before[role]) and len(daemon.roles()) == len(before) else None,
                          what=lambda: f"{before} became {daemon.roles()}")
    assert {r: pid for r, pid in after.items() if r != role} == {r: pid for r, pid in before.items() if r != role}, "another role was restarted too"
    daemon.wait_synchronised()
    assert ntp.ask(HOST, port).usable
    assert f"{role} (pid {before[role]})" in daemon.log()


def test_PROC_02_a_new_core_goes_on_where_the_old_one_died(lab):
    """Not one answer in between that cannot be used, no second step, a bound that holds, and sources followed again."""
    chronyd = lab.start(peers.Chronyd, "ahead", fake="+5s")
    chronyd.wait_serving()
    daemon, port = ready(lab, chronyd)
    before, core = daemon.status()["clock"], daemon.roles()["core"]
    chronyd.signal(signal.SIGSTOP)      # the new core has its memory alone
    os.kill(core, signal.SIGKILL)
    proc.wait_for(lambda: daemon.roles().get("core") not in (None, core) and daemon.status(), what=daemon.log)
    answers = [ntp.ask(HOST, port) for _ in range(20)]
    alone = daemon.status()["clock"]
    chronyd.signal(signal.SIGCONT)
    after = daemon.wait_status(lambda s: s["clock"]["status"] == "synchronised" and s["sources"][0]["accepted"] >= 4)["clock"]
    answers += [ntp.ask(HOST, port) for _ in range(3)]
    assert alone["status"] in ("synchronised", "holdover") and alone["steps"] == after["steps"] == 0
    assert alone["bound_ns"] < before["bound_ns"] + 10_000_000
    assert all(a and a.usable and a.stratum == before["stratum"] for a in answers)
    assert all(abs(a.offset_s - 5) < 0.05 for a in answers), [a.offset_s for a in answers]
    assert [a.transmit for a in answers] == sorted(a.transmit for a in answers)
    assert daemon.log().count("initial step") == 1


def test_PROC_02_a_killed_parent_takes_all_along(lab, good_chronyd):
    daemon, _ = ready(lab, good_chronyd)
    os.kill(daemon.pid, signal.SIGKILL)
    daemon.wait()
    proc.wait_for(lambda: not proc.session_members(daemon.pid), timeout=3, what=lambda: f"left: {proc.session_members(daemon.pid)}")
    again = lab.utcd(daemon.config, utcd.PROCESSES)
    again.wait_synchronised()


def test_PROC_02_while_core_is_dead_serve_goes_on(lab, good_chronyd):
    daemon, port = ready(lab, good_chronyd)
    os.kill(daemon.roles()["core"], signal.SIGSTOP)
    assert all(ntp.ask(HOST, port).usable for _ in range(20))
    os.kill(daemon.roles()["core"], signal.SIGKILL)
    for _ in range(20):
        assert ntp.ask(HOST, port), "no answer while core restarts"
    daemon.wait_synchronised()


def test_PROC_02_a_log_that_nobody_reads_holds_nothing_up(lab):
    """Standard error is a pipe that is full: who dies comes back, and who lives goes on."""
    port = proc.free_port()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with open(reader, "rb"), open(writer, "wb", buffering=0) as pipe:
        with contextlib.suppress(BlockingIOError):
            while os.write(writer, b"x" * 4096):
                pass
        os.set_blocking(writer, True)
        daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 1}}, utcd.PROCESSES,
                          prefix=["sh", "-c", f'exec "$@" 2>/proc/{os.getpid()}/fd/{pipe.fileno()}', "sh"])
        daemon.wait_answering(HOST, port)
        for role in ("serve", "core"):
            proc.wait_for(lambda: {"core", "serve"} <= daemon.roles().keys(), what=daemon.roles)
            before = daemon.roles()
            os.kill(before[role], signal.SIGKILL)
            proc.wait_for(lambda role=role, before=before: daemon.roles().get(role) not in (None, before[role]), what=lambda: f"{before} became {daemon.roles()}")
            daemon.wait_answering(HOST, port)
            daemon.wait_status(lambda status: True)
        daemon.stop()


def test_PROC_01_serve_killed_under_load_is_back_within_a_second(lab, good_chronyd):
    """The sockets stay open in the parent, so what arrives in between is answered late, not lost."""
    daemon, port = ready(lab, good_chronyd)
    lost, stop = [], threading.Event()

    def load():
        while not stop.is_set():
            begin = time.monotonic()
            if not ntp.ask(HOST, port, timeout=1):
                lost.append(begin)
            time.sleep(0.002)
    thread = threading.Thread(target=load)
    thread.start()
    try:
        for _ in range(3):      # the first three deaths in 10 s are answered at once
            pid = daemon.roles()["serve"]
            os.kill(pid, signal.SIGKILL)
            proc.wait_for(lambda pid=pid: daemon.roles().get("serve") not in (None, pid), timeout=1, every=0.01, what="serve did not come back")
            assert ntp.ask(HOST, port, timeout=1)
    finally:
        stop.set()
        thread.join()
    assert len(lost) <= 3, f"{len(lost)} requests lost by three kills"      # one may be in the dying process's hands each time


@pytest.mark.parametrize("mode", utcd.MODES)
def test_PROC_04_descriptors_run_out(lab, mode):
    ntp_port, time_port = proc.free_port(), proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{ntp_port}"]}, "time": {"listen": [f"{HOST}:{time_port}"]}}, mode,
                      prefix=["prlimit", "--nofile=24:24"])
    daemon.wait_answering(HOST, ntp_port)

    def cpu_s():
        stats = [open(f"/proc/{pid}/stat").read().rpartition(")")[2].split() for pid in proc.session_members(daemon.pid)]
        return sum(int(user) + int(system) for user, system in (s[11:13] for s in stats)) / os.sysconf("SC_CLK_TCK")
    serve = daemon.roles()["serve"] if mode == utcd.PROCESSES else daemon.pid
    with contextlib.ExitStack() as stack:
        os.kill(serve, signal.SIGSTOP)      # what they say is there when they are accepted: else they would be closed at once
        for _ in range(60):
            stack.enter_context(socket.create_connection((HOST, time_port), timeout=2)).sendall(b"?")
        os.kill(serve, signal.SIGCONT)
        begin, cpu = time.monotonic(), cpu_s()
        answered = sum(bool(ntp.ask(HOST, ntp_port, timeout=1)) for _ in range(100))
        proc.wait_for(lambda: time.monotonic() - begin > 1, timeout=2)
        assert answered == 100, "UDP suffers from TCP clients"
        assert cpu_s() - cpu < 0.3, "it spins"
        if mode == utcd.PROCESSES:      # one process has no descriptor left for whoever asks about it
            daemon.wait_status(lambda s: "no-descriptors" in [p["id"] for p in s["problems"]] and s["daemon"]["connections_put_off"], 10)

    def one_more():
        with socket.create_connection((HOST, time_port), timeout=2) as connection:
            return len(connection.recv(10)) == 4
    proc.wait_for(one_more, timeout=10, what="TIME over TCP does not recover")
    passed_s = time.monotonic() - begin
    put_off = daemon.wait_status(lambda s: s["daemon"]["connections_put_off"], 10)["daemon"]["connections_put_off"]
    assert put_off <= 2 * passed_s + 2, f"it tried {put_off} times in {passed_s:.1f} s"     # what a process that spins gets of a busy machine is not much


@pytest.mark.parametrize("role", ["ke", "admin"])
def test_PROC_04_no_descriptor_for_a_connection_makes_nobody_spin(lab, role):
    """Somebody waits at the door, and whoever asks who it is has no descriptor to let him in."""
    tries, port, door = lab.dir / "tries", proc.free_port(), proc.free_port()
    pem, private = certificate.Authority(lab.dir).sign("server")
    more = {"nts": {"listen": [f"{HOST}:{door}"], "certificate": str(pem), "private_key": str(private)}} if role == "ke" else {"http": {"listen": [f"{HOST}:{door}"]}}
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, **more}, utcd.PROCESSES, prefix=proc.failing("accept4", "EMFILE", "1+", tries))
    daemon.wait_answering(HOST, port)
    proc.wait_for(lambda: role in daemon.roles(), what=daemon.log)

    def tried():
        return tries.read_text().count("EMFILE")
    with socket.create_connection((HOST, door), timeout=2):
        proc.wait_for(tried, what=daemon.log)
        begin, before = time.monotonic(), tried()
        time.sleep(2)
        most = 3 * (time.monotonic() - begin) + 2
        assert 0 < tried() - before <= most


def test_PROC_03_no_more_processes_at_the_start(lab):
    """The first forks fail: nothing is announced before all are there, and it serves as soon as that works."""
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}}, utcd.PROCESSES,
                      prefix=proc.failing("clone,fork,vfork,clone3", "EAGAIN", "1..3"))
    assert daemon.wait_answering(HOST, port, timeout=10).usable
    proc.wait_for(lambda: " started, " in daemon.log(), what=daemon.log)
    assert "cannot start the process" in daemon.log().partition(" started, ")[0]


def test_PROC_03_numeric_addresses_need_no_other_process(lab, good_chronyd):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]}, utcd.ONE_PROCESS, prefix=proc.failing("clone,fork,vfork,clone3", "EAGAIN", "1+"))
    daemon.wait_synchronised()


def test_PROC_05_sending_fails_for_a_while(lab):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}}, prefix=proc.failing("sendmsg,sendmmsg,sendto", "ENOBUFS", "1..20"))
    answers = []

    def answered():
        answers.append(ntp.ask(HOST, port, timeout=0.05))
        return answers[-1]
    assert proc.wait_for(answered, what="no recovery").usable
    assert 3 <= len(answers) <= 60, f"{len(answers)} requests until an answer: the failure was retried, or not recovered from"
    daemon.wait_status(lambda s: "answers-not-sent" in [p["id"] for p in s["problems"]] and s["daemon"]["answers_unsent"] >= 3, 10)


def test_PROC_03_no_more_processes_for_a_moment(lab):
    """The fork fails that would start serve again: the next one is tried soon, not when a second is over."""
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 1}}, utcd.PROCESSES,
                      prefix=proc.failing("clone,fork,vfork,clone3", "EAGAIN", "3"))
    daemon.wait_answering(HOST, port)
    proc.wait_for(lambda: {"core", "serve"} <= daemon.roles().keys() and " started, " in daemon.log(), what=daemon.log)
    os.kill(daemon.roles()["serve"], signal.SIGKILL)
    proc.wait_for(lambda: "trying again" in daemon.log(), every=0.001, what=daemon.log)
    daemon.wait_answering(HOST, port, timeout=0.8)


START_CALLS = ["socket", "bind", "setsockopt", "openat", "clone,fork,vfork,clone3", "ftruncate", "flock,fcntl", "mkdir", "rename", "listen",
               "pipe2,socketpair", "prctl", "getrandom", "fstat,newfstatat", "poll,ppoll", "rt_sigaction", "chmod,fchmod", "unlink"]
if b"__asan_init" not in utcd.DAEMON.read_bytes():
    START_CALLS.append("mmap")      # the sanitizer's own memory cannot be refused


def start_with_failing(lab, calls, error, when, mode, **config):
    """The daemon whose `when`-th such call fails: (exit code or None while it lives, log)."""
    port = proc.free_port()
    name = f"{calls.partition(',')[0]}-{error}-{when}-{mode}"
    return lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, **config}, mode, name=name, prefix=proc.failing(calls, error, when)), port


def loaders_calls(lab, calls):
    """How many such calls are made before main and for `--version`: the dynamic loader's, not ours to survive."""
    trace = lab.dir / "trace"
    proc.run(["strace", "-f", "-o", trace, "-e", f"trace={calls}", utcd.DAEMON, "--version"])
    return sum("(" in line for line in trace.read_text().splitlines())


@pytest.mark.parametrize("mode", utcd.MODES)
@pytest.mark.parametrize("calls", START_CALLS, ids=[c.partition(",")[0] for c in START_CALLS])
def test_PROC_07_a_failing_call_at_the_start(lab, calls, mode):
    """Each of the first calls fails in turn: the daemon serves all the same, or ends with a documented code, a sentence and nothing left behind. Calls are
    counted in each process, so a child may fail anew at each start: that is told, and tried again with growing pauses."""
    first = loaders_calls(lab, calls) + 1
    started = [start_with_failing(lab, calls, error, when, mode) for error in ("EPERM", "ENOMEM") for when in (first, first + 2)]
    for daemon, port in started:
        def decided(daemon=daemon, port=port):
            return not daemon.running() or ntp.ask(HOST, port, timeout=0.05) or "; restarting it in 2 s" in daemon.log()
        proc.wait_for(decided, timeout=10, what=lambda d=daemon: f"{d.name} neither serves nor ends:\n{d.log()}")
        if daemon.running():
            daemon.stop()
            continue
        code = daemon.wait()
        assert code in DOCUMENTED_CODES, f"{daemon.name} ended with {code}:\n{daemon.log()}"
        assert daemon.log().strip(), f"{daemon.name} ended with {code} and no word"
        assert "another simple-utcd" not in daemon.log(), "it blames somebody who is not there"
        assert proc.session_members(daemon.pid) == []
        assert not daemon.socket_path.exists(), f"{daemon.name} left its control socket"


@pytest.mark.parametrize("mode", utcd.MODES)
def test_PROC_07_without_random_numbers_no_request_leaves_and_the_end_is_a_tidy_one(lab, mode):
    """Before a request can be guessed core ends, by a code that is documented, no matter which of its numbers could not be had."""
    first = loaders_calls(lab, "getrandom") + 1
    source = utcd.source(proc.free_port())
    started = [start_with_failing(lab, "getrandom", "EIO", f"{first + n}+", mode, sources=[source])[0] for n in range(8)]
    for daemon in started:
        proc.wait_for(lambda d=daemon: not d.running() or "ended by exit code 1; restarting" in d.log(), what=daemon.log)
    assert any("without them requests could be forged" in daemon.log() for daemon in started)
    for daemon in started:
        assert daemon.stop() in DOCUMENTED_CODES | {0} and "ended by SIG" not in daemon.log(), daemon.log()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_no_right_to_the_clock_reaches_any_process(lab, mode):
    """What these tests stand on: not one process of the daemon could set the clock."""
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}}, mode)
    daemon.wait_answering(HOST, port)
    for pid in proc.session_members(daemon.pid):
        status = dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status") if ":\t" in line)
        assert not any(int(status[which], 16) >> 25 & 1 for which in ("CapEff", "CapPrm", "CapBnd"))
