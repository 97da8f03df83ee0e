"""From start to stop: what a daemon says to service managers and people, how fast it answers, how it ends."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import time

import pytest

from lib import ntp, peers, proc, utcd

HOST = "127.0.0.1"
GENERAL, USAGE, CONFIGURATION, PERMISSION, ADDRESS, OTHER_INSTANCE, NOT_SYNCHRONISED, NO_DAEMON = 1, 2, 3, 4, 5, 6, 7, 8


def local_server(port, **more):
    return {"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, **more}


@pytest.mark.parametrize("mode", utcd.MODES)
def test_local_statement_answers_at_once(lab, mode):
    port = proc.free_port()
    begin = time.monotonic()
    answer = lab.utcd(local_server(port), mode).wait_answering(HOST, port)
    took = time.monotonic() - begin
    assert (answer.leap, answer.stratum) == (0, 10)
    assert 1 <= answer.root_dispersion_s < 1.01 and abs(answer.offset_s) < 1
    assert took < 0.5, f"{took * 1000:.0f} ms"


@pytest.mark.parametrize("mode", utcd.MODES)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly_within_a_second_and_saves_the_drift(lab, good_chronyd, mode, number):
    drift = lab.dir / "drift"
    drift.write_text(utcd.drift_text(3))
    os.utime(drift, (1, 1))
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "clock": {"drift_file": str(drift)}}, mode)
    daemon.wait_synchronised()
    begin = time.monotonic()
    daemon.signal(number)
    assert daemon.wait() == 0
    assert time.monotonic() - begin < 1
    assert proc.session_members(daemon.pid) == []
    assert drift.stat().st_mtime > 1 and drift.read_text().startswith("simple-utcd clock 2\nfreq_ppm ")
    assert not daemon.socket_path.exists()
    assert "stopped by" in daemon.log()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_page_outlives_its_writer_truthfully(lab, good_chronyd, mode):
    """The page keeps its inode over restarts, and is never left claiming a life it does not have."""
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]}, mode)
    daemon.wait_synchronised()
    page = daemon.run_dir / "page"
    inode, rights = page.stat().st_ino, page.stat().st_mode & 0o777
    assert rights == 0o444
    daemon.stop()
    again = lab.utcd({"sources": [utcd.source(good_chronyd.port)]}, mode)
    again.wait_synchronised()
    assert page.stat().st_ino == inode


class Manager:
    """A service manager's notify socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(0.05)
        self.lines = []

    def read(self):
        try:
            while True:
                self.lines += self.socket.recv(4096).decode().splitlines()
        except TimeoutError:
            return self.lines


@pytest.mark.parametrize("mode", utcd.MODES)
def test_sd_notify(lab, good_chronyd, mode):
    manager = Manager(lab.dir / "notify")
    env = {"NOTIFY_SOCKET": str(lab.dir / "notify"), "WATCHDOG_USEC": "400000"}
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]}, mode, env=env)
    proc.wait_for(lambda: "READY=1" in manager.read(), what=lambda: manager.lines)
    proc.wait_for(lambda: any(re.match(r"STATUS=.*synchronised", line) for line in manager.read()), what=lambda: manager.lines)
    before = manager.read().count("WATCHDOG=1")
    proc.wait_for(lambda: manager.read().count("WATCHDOG=1") >= before + 3, timeout=2, what=lambda: manager.lines)
    daemon.stop()
    assert "STOPPING=1" in manager.read()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_second_instance_is_refused_naming_the_first(lab, mode):
    port = proc.free_port()
    first = lab.utcd(local_server(port), mode)
    first.wait_answering(HOST, port)
    second = lab.utcd(local_server(proc.free_port()), mode)
    assert second.wait(2) == OTHER_INSTANCE
    assert str(first.pid) in second.log().replace(first.log(), "") or re.search(rf"\b{first.pid}\b", second.log())
    assert ntp.ask(HOST, port) and first.status()


def test_port_in_use(lab):
    port = proc.free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((HOST, port))
        daemon = lab.utcd(local_server(port))
        assert daemon.wait(2) == ADDRESS
    assert f"{HOST}:{port}" in daemon.log() and "in use" in daemon.log()
    assert not daemon.socket_path.exists()


def test_address_of_another_machine(lab):
    port = proc.free_port()
    daemon = lab.utcd({"ntp": {"listen": [f"192.0.2.1:{port}"]}})
    proc.wait_for(lambda: f"not serving NTP (UDP) on 192.0.2.1:{port} yet" in daemon.log())
    assert daemon.running(), "it may still come"


WITHOUT_LOW_PORTS = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]


@pytest.mark.parametrize("mode", utcd.MODES)
def test_privileged_port_without_the_right(lab, isolated, mode):
    daemon = lab.utcd({"ntp": {"listen": [f"{HOST}:123"]}}, mode, prefix=WITHOUT_LOW_PORTS)
    assert daemon.wait(2) == PERMISSION
    assert f"{HOST}:123" in daemon.log() and "CAP_NET_BIND_SERVICE" in daemon.log()


# ---- once ----

@pytest.mark.parametrize("mode", [utcd.ONE_PROCESS])
def test_once_dry_run_says_what_it_would_do(lab, good_chronyd, mode):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]}, mode, args=["--once", "--dry-run"])
    assert daemon.wait() == 0
    assert re.search(r"would", daemon.log()), daemon.log()


def test_once_without_a_source_ends_at_once(lab):
    daemon = lab.utcd({}, args=["--once", "--dry-run"])
    assert daemon.wait(2) == 7 and "no source is configured" in daemon.log()


def test_once_names_the_offset_of_a_wrong_clock(lab):
    ahead = lab.start(peers.Chronyd, "ahead", fake="+5s").wait_serving()
    drift = lab.dir / "drift"
    drift.write_text(utcd.memory_text(12, stepped_s=7))
    daemon = lab.utcd({"sources": [utcd.source(ahead.port)], "clock": {"drift_file": str(drift)}}, args=["--once", "--dry-run"])
    assert daemon.wait() == 0
    assert drift.read_text() == utcd.memory_text(12, stepped_s=7), "it is not its to write"
    assert re.search(r"\b(5|4\.99\d*|5\.00\d*) s\b", daemon.log()), daemon.log()


@pytest.fixture
def steerable(lab):
    """env(stepped): a machine whose clock may be set, though it stays as it is; the steps come into the file `stepped`, or fail without one."""
    library = lab.dir / "steerable.so"
    proc.run(["cc", "-shared", "-fPIC", "-o", library, pathlib.Path(__file__).parents[1] / "lib" / "steerable.c"], check=True)
    preload = f"{library}:{os.environ.get('LD_PRELOAD', '')}"

    def env(stepped=None):
        return {"LD_PRELOAD": preload, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0",
                **({"STEPPED": str(stepped)} if stepped else {})}
    return env


def once(lab, port, env=None, mode="system", **more):
    return lab.utcd({"sources": [utcd.source(port, **more)], "clock": {"mode": mode}}, args=["--once"], env=env)


def test_once_sets_a_wrong_clock(lab, steerable):
    ahead = lab.start(peers.Chronyd, "ahead", fake="+5s").wait_serving()
    stepped = lab.dir / "stepped"
    daemon = once(lab, ahead.port, steerable(stepped), host="localhost")        # by name: the resolver runs
    assert daemon.wait() == 0, daemon.log()
    assert re.search(r"the system clock was \S+ s behind \(known within .*\) and has been set", daemon.log()), daemon.log()
    [step_ns] = map(int, stepped.read_text().split())
    assert abs(step_ns - 5e9) < 1e7


def test_once_without_the_right_asks_nobody(lab, good_chronyd):
    daemon = once(lab, good_chronyd.port)
    assert daemon.wait() == PERMISSION and "no right to set the system clock" in daemon.log()


def test_once_whose_right_is_lost(lab, good_chronyd, steerable):
    daemon = once(lab, good_chronyd.port, steerable())
    assert daemon.wait() == PERMISSION and "cannot set the system clock: " in daemon.log()


def test_once_beside_another_who_steers(lab, good_chronyd, steerable):
    stepped = lab.dir / "stepped"
    daemon = once(lab, good_chronyd.port, steerable(stepped), mode="auto")
    assert daemon.wait() == GENERAL and "chronyd steers the system clock" in daemon.log()
    assert not stepped.exists()


def test_once_is_ended_by_a_signal(lab):
    """The resolver, whose name the kernel cuts, dies first, which is no reason to end."""
    daemon = lab.utcd({"sources": [utcd.source(proc.free_port(), host="localhost")]}, args=["--once", "--dry-run"])
    os.kill(proc.wait_for(lambda: daemon.roles().get("res"), what=daemon.log), signal.SIGKILL)
    daemon.signal(signal.SIGHUP)
    time.sleep(0.5)
    assert daemon.running(), daemon.log()
    daemon.signal(signal.SIGTERM)
    assert daemon.wait() == NOT_SYNCHRONISED and "the clock was not touched" in daemon.log()


@pytest.fixture(scope="module", autouse=True)
def hopeless(session_lab):
    """--once towards nobody. It is patient for a minute, so it starts with the first test and is judged by the last."""
    return session_lab.utcd({"sources": [utcd.source(proc.free_port())]}, name="hopeless", args=["--once", "--dry-run"])


# ---- a clock that may be set ----

@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_daemon_that_steers(lab, good_chronyd, steerable, mode):
    """By a process of its own, that has this one right; the kernel is played, as it would otherwise be set."""
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "clock": {"mode": "system"}}, mode, env=steerable())
    clock = daemon.wait_synchronised()["clock"]
    assert clock["mode"] == "system", clock
    proc.wait_for(lambda: ("clock" in daemon.roles()) == (mode == utcd.PROCESSES), what=daemon.roles)   # it takes its name a little after it is there
    daemon.stop()
    assert "lost" not in daemon.log(), daemon.log()


HIDE = 'mount -t proc -o hidepid=invisible,gid=65534 proc /proc; exec setpriv --bounding-set=-sys_ptrace "$0" "$@"'


@pytest.mark.skipif(os.geteuid() != 0, reason="/proc cannot be mounted anew")
@pytest.mark.parametrize("hidden", [False, True])
def test_who_cannot_be_seen_is_not_said_to_be_absent(lab, steerable, hidden):
    """Other tests' programs may be seen all the same, where they have no more rights than this daemon: then they are named."""
    port = proc.free_port()
    lab.utcd({"local": {"stratum": 5, "error": "1ms"}, "ntp": {"listen": [f"{HOST}:{port}"]}}, name="server").wait_answering(HOST, port)
    daemon = lab.utcd({"sources": [utcd.source(port)], "clock": {"mode": "system"}}, env=steerable(),
                      prefix=["unshare", "-m", "sh", "-ec", HIDE] if hidden else [])
    daemon.wait_synchronised()
    said = " ".join(daemon.ctl("doctor").stdout.split())
    if "(rival)" not in said:
        assert ("none steers the same clock" in said) != hidden, said
        assert ("cannot see the processes of other users" in said) == hidden, said


# ---- utcctl ----

COMMANDS = [["status"], ["sources"], ["clock"], ["version"]]


def test_utcctl_tables_and_json(server):
    for command in COMMANDS:
        table, data = server.ctl(*command), server.ctl(*command, "--json")
        assert (table.returncode, data.returncode) == (0, 0), table.stderr + data.stderr
        assert table.stdout.strip() and isinstance(json.loads(data.stdout), dict)
    status = server.status()
    assert status["clock"]["status"] == "synchronised" and status["clock"]["mode"] == "virtual"
    assert server.ctl("wait-sync", "--timeout", "1").returncode == 0
    assert HOST in server.ctl("sources").stdout


@pytest.mark.parametrize("command", [["status"], ["sources"], ["wait-sync", "--timeout", "1"]])
def test_utcctl_without_a_daemon(lab, command):
    done = proc.run([utcd.UTCCTL, *command, "--socket", lab.dir / "control.sock"])
    assert done.returncode == NO_DAEMON
    assert len(done.stderr.strip().splitlines()) == 1 and "simple-utcd" in done.stderr


def test_utcctl_wait_sync_times_out(lab):
    daemon = lab.utcd({"sources": [utcd.source(proc.free_port())]})
    daemon.wait_status(lambda s: s["clock"]["status"] == "not synchronised")
    begin = time.monotonic()
    assert daemon.ctl("wait-sync", "--timeout", "1").returncode not in (0, NO_DAEMON)
    assert 0.9 < time.monotonic() - begin < 3


def test_utcctl_query_without_an_answer():
    done = proc.run([utcd.UTCCTL, "query", f"{HOST}:{proc.free_port()}"])
    assert done.returncode != 0 and len(done.stderr.strip().splitlines()) == 1


def test_control_socket_takes_no_nonsense(server):
    for data in (b"GET / HTTP/1.0\r\n\r\n", os.urandom(4096), b"UTCC" + b"\xff" * 8, b"UTCC\0\1\0\2\0\0\0\x0b"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(server.socket_path))
            client.sendall(data)
            try:
                assert client.recv(100) == b"", "it answered"
            except ConnectionResetError:
                pass
    assert server.status()


def test_once_without_an_answer(hopeless):
    assert hopeless.wait(70) == NOT_SYNCHRONISED
    assert "not touched" in hopeless.log()


@pytest.mark.skipif(not shutil.which("systemd-tmpfiles"), reason="systemd-tmpfiles is not installed")
def test_a_run_directory_is_not_cleaned_away(lab):
    """As an unprivileged daemon's in /tmp would be after days; that of one that has ended is."""
    tmp = lab.dir / "tmp"
    run, left = tmp / "simple-utcd-1", tmp / "left"
    for folder in (run, left):
        folder.mkdir(parents=True, mode=0o755)
        (folder / "page").touch()
    rules = lab.dir / "rules.conf"
    rules.write_text(f"d {tmp} - - - 0\n")
    daemon = lab.utcd({"process": {"run_dir": str(run)}, "local": utcd.LOCAL}, utcd.PROCESSES)
    proc.wait_for(lambda: " started, " in daemon.log(), what=daemon.log)
    before = sorted(run.iterdir())
    assert proc.run(["systemd-tmpfiles", "--clean", rules]).returncode == 0
    assert sorted(run.iterdir()) == before and not left.exists()
    daemon.stop()
    assert proc.run(["systemd-tmpfiles", "--clean", rules]).returncode == 0
    assert not run.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="to be another user takes root")
def test_another_user_cannot_keep_a_daemon_from_its_start(lab):
    """By the lock of one that has ended."""
    run = lab.dir / "run"
    lab.dir.chmod(0o755)
    config = {"process": {"run_dir": str(run)}, "local": utcd.LOCAL}
    daemon = lab.utcd(config, name="first")
    proc.wait_for(lambda: " started, " in daemon.log(), what=daemon.log)
    held = proc.run(["setpriv", "--reuid=nobody", "--clear-groups", "flock", "--nonblock", run / "lock", "true"])
    assert "Permission denied" in held.stderr, held


def test_the_directory_that_a_service_manager_made_is_used(lab):
    """The first of several, as systemd's RuntimeDirectory= has them; utcctl looks for the system's daemon there."""
    made, second = lab.dir / "made", lab.dir / "second"
    for directory in (made, second):
        directory.mkdir(mode=0o755)
    config = lab.dir / "simple.yaml"
    config.write_text("clock: {mode: virtual}\nlog: {target: stderr}\n")
    daemon = lab.start(lambda directory: proc.Process("managed", [utcd.DAEMON, "--config", config], directory, {"RUNTIME_DIRECTORY": f"{made}:{second}"}))
    proc.wait_for(lambda: proc.run([utcd.UTCCTL, "status", "--socket", made / "control.sock"]).returncode == 0, what=daemon.log)
    assert (made / "page").exists() and not list(second.iterdir())
