"""Every system call fails once; children die at random moments. FAULTS and KILLS say how many are tried (0 faults: all of them); SEED chooses (0: at random).
PART=2/8 tries the second eighth of the faults, so that several may run at once."""

import collections
import contextlib
import mmap
import multiprocessing
import os
import pathlib
import random
import re
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import time
import zlib

import pytest

from lib import certificate, http, ntp, proc, utcd
from lib.nts import source

HOST = "127.0.0.1"
SEED = int(os.environ.get("SEED", "1")) or random.randrange(1, 2**32)
FAULTS = int(os.environ.get("FAULTS", "60"))
KILLS = int(os.environ.get("KILLS", "300"))
PART, PARTS = (int(n) for n in os.environ.get("PART", "1/1").split("/"))
JUDGED = 0.95 if KILLS >= 10000 else 0.75    # of the gaps; the longest ones of a few hundred are the machine's, not ours
INSTRUMENTED = any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_"))
pytestmark = pytest.mark.skipif(INSTRUMENTED, reason="an instrumented program makes calls of its own, and takes its time")
DOCUMENTED_CODES = {0, 1, 3, 4, 5}
CRASHED = re.compile(r"SIG(SEGV|ABRT|BUS|FPE|ILL|SYS)|Assertion|runtime error|ERROR: ")
NOT_OURS = {"execve", "exit_group", "rt_sigreturn", "restart_syscall", "arch_prctl", "set_tid_address", "set_robust_list", "rseq",    # loader, kernel
            "brk",      # tells of failure by the old address: an error number would be taken for a new one
            "futex"}    # the C library ends a program to which it says what no kernel does
SAME_CALL_MAX = 12      # what repeats after that is the steady state once more


class Plain:
    """What one program does."""

    EACH = 1

    def __init__(self, _):
        self.port, self.time_port = proc.free_port(), proc.free_port()
        self.config = {"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{self.port}"]}, "time": {"listen": [f"{HOST}:{self.time_port}"]}}

    def use(self, daemon):
        """A little of everything; whether it succeeds is not asked."""
        for _ in range(3):
            ntp.ask(HOST, self.port, timeout=0.05)
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.time_port), timeout=0.2) as connection:
            connection.recv(16)
        daemon.ctl("status")


class Beside:
    """What the programs beside it do: key establishment by ours as client and as server, HTTP, names."""

    EACH = 8        # an eighth of what is tried of the other, unless it is all: each takes seconds

    def __init__(self, lab):
        self.port, self.ke_port, self.http_port = (proc.free_port() for _ in range(3))
        self.authority = certificate.Authority(lab.dir, "ca-of-faults")
        pem, private = self.authority.sign("faults")
        self.config = {"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{self.port}"]}, "http": {"listen": [f"{HOST}:{self.http_port}"]},
                       "sources": [source(self.ke_port), utcd.source(proc.free_port()) | {"server": "localhost"}],
                       "nts": {"listen": [f"{HOST}:{self.ke_port}"], "certificate": str(pem), "private_key": str(private),
                               "trusted_certificates": str(self.authority.pem), "cookie_key_file": str(lab.dir / "ring-of-faults")}}

    def use(self, daemon):
        for _ in range(2):
            ntp.ask(HOST, self.port, timeout=0.05)
            with contextlib.suppress(OSError):
                http.get(self.http_port, "/metrics", timeout=0.3)
        context = ssl.create_default_context(cafile=str(self.authority.pem))
        context.set_alpn_protocols(["ntske/1"])
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.ke_port), timeout=0.3) as plain, \
                context.wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(b"\x80\x01\x00\x02\x00\x00\x80\x04\x00\x02\x00\x0f\x80\x00\x00\x00")
            tls.recv(65536)
        with contextlib.suppress(subprocess.TimeoutExpired):    # while core is away nobody answers, and a change is waited for a minute
            daemon.ctl("reload", timeout=3)


def calls_of_a_run(lab, mode, what):
    """[(call, n)]: in a run that starts, works and ends, some process makes that call n times, the dynamic loader's left out."""
    trace = f"trace-{mode}"
    daemon = lab.utcd(what.config, mode, name=f"profile-{mode}", prefix=["strace", "-DDD", "-ff", "-o", lab.dir / trace])    # SIGTERM is for the daemon
    daemon.wait_answering(HOST, what.port)
    what.use(daemon)
    daemon.stop()
    proc.wait_for(lambda: all("\n+++ " in file.read_text() for file in lab.dir.glob(f"{trace}.*")), what="the tracer has not written all of it")
    loader = proc.run(["strace", utcd.DAEMON, "--version"]).stderr
    found = set()
    for file in lab.dir.glob(f"{trace}.*"):
        text = file.read_text()
        for call in set(re.findall(r"^(\w+)\(", text, re.MULTILINE)) - NOT_OURS:
            first = len(re.findall(rf"^{call}\(", loader, re.MULTILINE))    # strace counts in every process anew, so in children as well
            count = len(re.findall(rf"^{call}\(", text, re.MULTILINE))
            found |= {(call, n) for n in range(first + 1, min(count, first + SAME_CALL_MAX) + 1)}
    return sorted(found)


def chosen(cases, how_many):
    """Whoever has another part agrees, though no two runs make quite the same calls."""
    if how_many:
        cases = random.Random(SEED).sample(cases, min(how_many, len(cases)))
    return [case for case in cases if zlib.crc32(repr(case).encode()) % PARTS == PART - 1]


def outcome_of(daemon, what, call):
    """"served" or "ended", as it should."""
    def decided():
        return not daemon.running() or ntp.ask(HOST, what.port, timeout=0.05) or "; restarting it in" in daemon.log()
    proc.wait_for(decided, timeout=10, what=lambda: f"{daemon.name} neither serves nor ends:\n{daemon.log()}")
    if daemon.running():
        what.use(daemon)
    outcome = "served" if daemon.running() else "ended"
    if daemon.running():
        daemon.signal(signal.SIGTERM)
    code = daemon.wait(timeout=20)     # who was not told to end is killed after 5 s, and who is told to end after that has 5 s as well
    assert not CRASHED.search(daemon.log()), f"{daemon.name}:\n{daemon.log()}"
    unheard = call.startswith("rt_sig") and code == -signal.SIGTERM    # what SIGTERM does where it could not be taken over
    assert code in DOCUMENTED_CODES or unheard, f"{daemon.name} ended with {code}:\n{daemon.log()}"
    return outcome


def outcome_of_a_fault(lab, mode, what, call, n, error):
    daemon = lab.utcd(what.config, mode, name=f"{call}-{n}-{error}-{mode}", prefix=proc.failing(call, error, str(n)))
    try:
        return outcome_of(daemon, what, call)
    finally:
        daemon.stop()


@pytest.mark.parametrize("mode, kind", [*((mode, Plain) for mode in utcd.MODES), (utcd.PROCESSES, Beside)])
def test_PROC_07_no_crash_whatever_call_fails_once(lab, mode, kind):
    """What goes wrong is kept for the end: of many that are tried, all that fail are told."""
    cases = [(call, n, error) for call, n in calls_of_a_run(lab, mode, kind(lab)) for error in ("EPERM", "ENOMEM", "EIO")]
    assert len(cases) > 300
    outcomes, wrong = collections.Counter(), []
    for case in chosen(cases, FAULTS and max(1, FAULTS // kind.EACH)):
        proc.goes_on()
        try:
            outcomes[outcome_of_a_fault(lab, mode, kind(lab), *case)] += 1
        except AssertionError as error:
            wrong.append(str(error))
    print(f"{mode}, {kind.__name__}: {outcomes.total()} of {len(cases)} faults, {dict(outcomes)}, {len(wrong)} wrong")
    assert not wrong, f"SEED={SEED}:\n" + "\n\n".join(wrong)
    assert outcomes["served"] > 0


class Load:
    """Asks each millisecond from one socket, so that one worker answers, in a process of its own: what this one does makes no gap. Keeps when answers came."""

    ROOM = 1 << 18

    def __init__(self, port):
        self.port, self.words = port, memoryview(mmap.mmap(-1, 8 * (self.ROOM + 1))).cast("d")    # how many; when they came
        self._process = multiprocessing.get_context("fork").Process(target=self._run, daemon=True)

    def _run(self):
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))    # how long this client waits for a CPU is not what is asked
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect((HOST, self.port))
            client.settimeout(0.001)
            for sent in iter(time.monotonic, None):
                client.send(ntp.request())
                with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                    if len(client.recv(128)) == 48 and self.words[0] < self.ROOM:
                        self.words[int(self.words[0]) + 1] = time.monotonic()
                        self.words[0] += 1
                time.sleep(max(0, sent + 0.001 - time.monotonic()))

    def __enter__(self):
        self._process.start()
        proc.wait_for(lambda: self.came(), every=0.001, what="no answer at all")
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.join()

    def came(self):
        return self.words[1:int(self.words[0]) + 1].tolist()

    def gap_after(self, when):
        """The longest time without an answer that was not over at `when`, so far."""
        came = [*self.came(), time.monotonic()]
        return max(b - a for a, b in zip(came, came[1:]) if b > when)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def told(values):
    return (f"{len(values)} times, median {statistics.median(values) * 1e3:.1f} ms, 95 % {percentile(values, 0.95) * 1e3:.1f} ms, "
            f"longest {max(values) * 1e3:.1f} ms, above 50 ms {sum(value > 0.05 for value in values)}")


def core_answers(daemon):
    """Over the control socket, without a program that would have to be started first."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
        s.connect(str(daemon.socket_path))
        s.sendall(struct.pack(">IHHI", 0x55544343, 1, 1, 12))
        return s.recv(100) != b""
    return False


def kills_of_one_daemon(lab, number, choice, gaps):
    """Three quick deaths of each child are answered at once: so many are dealt out, in random order at random moments."""
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 1}}, utcd.PROCESSES, name=f"killed-{number}")
    daemon.wait_answering(HOST, port)
    proc.wait_for(lambda: " started, " in daemon.log() and {"core", "serve"} <= daemon.roles().keys(), every=0.01, what=daemon.log)
    victims = ["core", "serve"] * 3
    choice.shuffle(victims)
    with Load(port) as load:
        for role in victims:
            undisturbed = time.monotonic()
            time.sleep(choice.uniform(0.01, 0.04))
            gaps["served while nobody died"].append(load.gap_after(undisturbed))
            pid, at = daemon.roles()[role], time.monotonic()
            os.kill(pid, signal.SIGKILL)
            if role == "core":
                proc.wait_for(lambda: core_answers(daemon), timeout=5, every=0.001, what=daemon.log)
                gaps["core"].append(time.monotonic() - at)
            else:
                proc.wait_for(lambda at=at: load.came()[-1] > at + 0.005, timeout=5, every=0.002, what=daemon.log)
            gaps["served while " + role + " died"].append(load.gap_after(at))
            proc.wait_for(lambda role=role, pid=pid: daemon.roles().get(role) not in (None, pid), timeout=5, every=0.002, what=daemon.log)
    daemon.stop()
    assert not CRASHED.search(daemon.log()), daemon.log()
    return len(victims)


def test_PROC_01_random_kills_of_children(lab):
    """serve is away 50 ms at most, core a second; while core is away serve goes on. (Long gaps are this client's own, too, where the machine is busy.)"""
    choice, done = random.Random(SEED), 0
    gaps = {"core": [], "served while core died": [], "served while serve died": [], "served while nobody died": []}
    while done < KILLS:
        proc.goes_on()
        done += kills_of_one_daemon(lab, done, choice, gaps)
    for name, values in gaps.items():
        print(f"{name}: {told(values)}")
    for name, limit_s in (("served while serve died", 0.05), ("served while core died", 0.05), ("core", 1)):
        assert percentile(gaps[name], JUDGED) <= limit_s, f"{name}, SEED={SEED}"


def test_PROC_02_code_that_only_a_restart_needs_stays_in_memory(lab):
    """What was not used for long the system takes back, and reads from the disk while nobody is served."""
    daemon = lab.utcd({"local": utcd.LOCAL}, utcd.PROCESSES)
    daemon.wait_status(lambda status: True)

    def locked_kb():
        return next(int(line.split()[1]) for line in open(f"/proc/{daemon.pid}/status") if line.startswith("VmLck"))
    proc.wait_for(lambda: locked_kb() > 500, what=lambda: f"{locked_kb()} kB")


def rights_of(pid):
    """(no right at all and none to be had, a filter of system calls)"""
    words = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return all(int(words[which], 16) == 0 for which in ("CapEff", "CapPrm", "CapInh", "CapAmb")) and words["NoNewPrivs"] == "1", words["Seccomp"] == "2"


def kills_of_programs_beside_it(lab, number, choice, gaps):
    """ke and admin, three quick deaths each in random order."""
    what = Beside(lab)
    daemon = lab.utcd(what.config, utcd.PROCESSES, name=f"beside-{number}")
    daemon.wait_answering(HOST, what.port)
    proc.wait_for(lambda: {"core", "serve", "ke", "admin"} <= daemon.roles().keys(), what=daemon.log)
    others = {role: pid for role, pid in daemon.roles().items() if role in ("core", "serve")}
    victims = ["ke", "admin"] * 3
    choice.shuffle(victims)
    with Load(what.port) as load:
        for role in victims:
            undisturbed = time.monotonic()
            time.sleep(0.03)
            gaps["nobody"].append(load.gap_after(undisturbed))
            pid, at = daemon.roles()[role], time.monotonic()
            os.kill(pid, signal.SIGKILL)
            proc.wait_for(lambda role=role, pid=pid: daemon.roles().get(role) not in (None, pid), timeout=5, every=0.002, what=daemon.log)
            proc.wait_for(lambda role=role: rights_of(daemon.roles()[role]) == (True, True), timeout=5, what=lambda role=role: rights_of(daemon.roles()[role]))
            gaps[role].append(load.gap_after(at))
    assert others.items() <= daemon.roles().items(), "another role was restarted too"
    proc.wait_for(lambda: http.get(what.http_port, "/livez").status == 200, what=daemon.log)
    daemon.stop()
    assert not CRASHED.search(daemon.log()), daemon.log()
    return len(victims)


def test_PROC_02_programs_beside_it_die_and_time_goes_on(lab):
    """They come back without a right more, and what is answered meanwhile has no gap but those it has while nobody dies."""
    choice, gaps, done = random.Random(SEED), {"ke": [], "admin": [], "nobody": []}, 0
    while done < KILLS // 50:
        proc.goes_on()
        done += kills_of_programs_beside_it(lab, done, choice, gaps)
    for name, values in gaps.items():
        print(f"served while {name} died: {told(values)}")
    for name, values in gaps.items():
        assert percentile(values, JUDGED if KILLS >= 10000 else 0.5) <= 0.05, f"{name}, SEED={SEED}"
