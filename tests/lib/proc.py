"""Processes of a test: started with a log, waited for by condition, ended by pid, never left behind."""

import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
PARTING_S = 3
HANGS_AFTER_S = 90
_alive = []         # every Process not yet ended
_first_port, _last_port = (int(x) for x in os.environ.get("TEST_PORTS", "23000-24999").split("-"))
_next_port = _first_port


def wait_for(condition, timeout=10.0, every=0.05, what=None):
    """Poll until condition() is true; its value. Fails by AssertionError with `what` (text or function) after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"waited {timeout} s in vain: {what() if callable(what) else what or condition}")
        time.sleep(every)


def goes_on():
    """A test hangs that does not end in HANGS_AFTER_S from here. Who is told how often to do something says so each time, and may last for hours."""
    signal.alarm(HANGS_AFTER_S)


def free_port():
    """A port nobody has, UDP and TCP, IPv4 and IPv6, below the range the kernel gives to clients; each is handed out once."""
    global _next_port
    for _ in range(_first_port, _last_port + 1):
        port = _next_port
        _next_port = _first_port if port == _last_port else port + 1
        try:
            for family, any_address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    with socket.socket(family, kind) as probe:
                        if family == socket.AF_INET6:
                            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                        probe.bind((any_address, port))
            return port
        except OSError:
            continue
    raise AssertionError("no free port")


def scratch():
    """A new short directory (UNIX socket paths are limited to 107 bytes)."""
    return pathlib.Path(tempfile.mkdtemp(prefix="utc-", dir="/tmp"))


def _ends_with_us():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """One started program, leader of its own session so that everything it starts can be found and ended."""

    def __init__(self, name, argv, directory, env=None, cwd=None, **popen):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.log_path = pathlib.Path(directory) / f"{name}.log"
        full_env = {k: v for k, v in os.environ.items() if not k.startswith(("SIMPLE_UTCD_", "NOTIFY_SOCKET", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY"))}
        full_env.update(env or {})
        with open(self.log_path, "ab") as log:
            self._popen = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=full_env, cwd=cwd,
                                           start_new_session=True, preexec_fn=_ends_with_us, **popen)
        self.pid = self._popen.pid
        self.left_behind = []   # what was still there when it had ended by itself or by SIGTERM
        _alive.append(self)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def running(self):
        return self._popen.poll() is None

    def wait(self, timeout=10):
        """The exit code (negative: the signal). AssertionError when it does not end in time."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {timeout} s") from None

    def signal(self, number):
        self._popen.send_signal(number)

    def stop(self, timeout=20):
        """SIGTERM, and SIGKILL for what is left of the session after `timeout`. Returns the exit code. A daemon that has lost patience with a child itself, and
        children of its helpers, whom the system tells of the end, are given their time: left behind is who stays. Looked for once: numbers are used again."""
        if self not in _alive:
            return self._popen.returncode
        _alive.remove(self)
        if self.running():
            self.signal(signal.SIGTERM)
            try:
                self._popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
        self._popen.wait()
        end = time.monotonic() + PARTING_S
        while (left := session_members(self.pid)) and time.monotonic() < end:
            time.sleep(0.01)
        self.left_behind = left
        for pid in self.left_behind:
            _kill(pid)
        return self._popen.returncode


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def session_members(session):
    """Pids of all live processes of a session."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                state, _, _, sid = file.read().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(sid) == session and state not in "ZX":
            found.append(int(entry))
    return found


def alive():
    return list(_alive)


def stop_all():
    for process in list(reversed(_alive)):
        process.stop()


def run(argv, timeout=20, env=None, **kwargs):
    """A program to its end: CompletedProcess with text output."""
    full_env = {k: v for k, v in os.environ.items() if not k.startswith(("SIMPLE_UTCD_", "NOTIFY_SOCKET", "XDG_RUNTIME_DIR", "RUNTIME_DIRECTORY"))}
    full_env.update(env or {})
    return subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace", timeout=timeout, env=full_env, **kwargs)


def failing(calls, error, when, told="/dev/null"):
    """Prefix that makes the `when`-th (or "N+", "N..M") of these system calls fail; the file `told` has a line for each. The tracer stands aside: the program keeps its pid and its signals."""
    sanitizer = f"ASAN_OPTIONS={os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"      # leaks cannot be looked for while another program traces
    return ["env", sanitizer, "strace", "-DDD", "-f", "-q", "-o", told, "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}:when={when}"]


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
