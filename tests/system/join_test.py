"""Roles that are services of their own and join the daemon: who may, what they are given, and what happens when one side ends."""

import array
import fcntl
import os
import pwd
import signal
import socket
import subprocess
import time

import pytest

from lib import certificate, http, ntp, nts, proc, utcd

HOST = "127.0.0.1"
ME = pwd.getpwuid(os.geteuid()).pw_name     # one role may be this user's, so that nobody else has to be
NOT_ME = "daemon" if ME != "daemon" else "bin"
NOT_PERMITTED, CONFIGURATION = 4, 3


class Role(proc.Process):
    """As its unit would start it, on its own."""

    def __init__(self, directory, daemon, role, name=None):
        super().__init__(name or f"role-{role}", [utcd.DAEMON, "--role", role, "--join", daemon.run_dir / "roles.sock"], directory)


def waiting_daemon(lab, users, **more):
    port = proc.free_port()
    daemon = lab.utcd({"local": {"stratum": 10, "error": "1ms"}, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 1}, "process": {f"{role}_user": user for role, user in users.items()},
                       **more}, utcd.PROCESSES)
    daemon.wait_status(lambda s: True)
    return daemon, port


def awaited(status):
    return [p["subject"] for p in status["problems"] if p["id"] == "process-awaited"]


def refusals(daemon):
    return [line for line in daemon.log().splitlines() if "is refused" in line]


def is_there(daemon, role):
    """Its process is told of no more, and the socket has nobody to wait for."""
    return daemon.wait_status(lambda s: role not in awaited(s), what=f"{role} did not join:\n{daemon.log()}")


@pytest.fixture
def joined(lab):
    daemon, port = waiting_daemon(lab, {"serve": ME})
    role = lab.start(Role, daemon, "serve")
    daemon.wait_answering(HOST, port)
    return daemon, port, role


def test_one_that_does_not_come_is_a_problem_with_a_name(lab):
    daemon, port = waiting_daemon(lab, {"serve": ME})
    status = daemon.wait_status(lambda s: "serve" in awaited(s))
    assert "serve" not in daemon.roles() and ntp.ask(HOST, port, timeout=0.2) is None
    assert "has not joined" in daemon.ctl("status").stdout, status
    lab.start(Role, daemon, "serve")
    assert daemon.wait_answering(HOST, port).stratum == 10
    is_there(daemon, "serve")


class Early(proc.Process):
    """One that is there before the daemon's directory is."""

    def __init__(self, directory, role):
        super().__init__("early", [utcd.DAEMON, "--role", role, "--join", directory / "simple-utcd" / "roles.sock"], directory)


def test_it_may_come_before_the_daemon(lab):
    early = lab.start(Early, "serve")
    daemon, port = waiting_daemon(lab, {"serve": ME})
    assert daemon.wait_answering(HOST, port).usable and early.running()


def test_PROC_02_one_that_dies_comes_again_and_no_request_is_lost(lab, joined):
    daemon, port, role = joined
    with ntp.Client(HOST, port) as client:
        role.signal(signal.SIGKILL)
        role.wait()
        proc.wait_for(lambda: "process serve" in daemon.log(), what=daemon.log)
        client.send(ntp.request())
        lab.start(Role, daemon, "serve", "again")
        assert client.receive(10)
    assert any(p["id"] == "process-ended" for p in daemon.status()["problems"])


def test_another_user_is_refused(lab):
    daemon, _ = waiting_daemon(lab, {"serve": NOT_ME})
    stranger = lab.start(Role, daemon, "serve")
    assert stranger.wait(20) == NOT_PERMITTED and "does not want this user's process" in stranger.log()
    assert "no process.*_user is that one" in refusals(daemon)[0]
    assert daemon.wait_status(lambda s: "serve" in awaited(s))


STORM = """import socket, sys, time
end = time.monotonic() + 3
while time.monotonic() < end:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.connect(sys.argv[1])
    s.close()"""


def test_a_storm_of_strangers_fills_no_log(lab):
    """Users without a role connect as fast as they can: all are refused, a line a second tells how many."""
    daemon, _ = waiting_daemon(lab, {"serve": NOT_ME})
    lab.dir.chmod(0o755)
    strangers = [subprocess.Popen(["/usr/bin/python3", "-c", STORM, str(daemon.run_dir / "roles.sock")]) for _ in range(2)]
    for stranger in strangers:
        assert stranger.wait(20) == 0
    assert daemon.ctl("status").returncode == 0
    assert 1 <= len(refusals(daemon)) <= 8 and "more like it" in refusals(daemon)[-1]


def test_another_role_than_the_users_is_refused(lab):
    daemon, _ = waiting_daemon(lab, {"serve": ME})
    liar = lab.start(Role, daemon, "clock")
    assert liar.wait(20) == NOT_PERMITTED and "meant for another role" in liar.log()
    assert daemon.wait_status(lambda s: "serve" in awaited(s))


def test_a_second_one_is_refused(lab, joined):
    daemon, port, role = joined
    second = lab.start(Role, daemon, "serve", "second")
    assert second.wait(20) == NOT_PERMITTED
    assert "it is there already" in refusals(daemon)[0]
    assert role.running() and ntp.ask(HOST, port).usable


@pytest.mark.parametrize("users, named", [({"serve": "nobody-has-this-name"}, "nobody-has-this-name"), ({"serve": ME, "admin": ME}, ME)])
def test_users_that_cannot_tell_roles_apart_are_refused(lab, users, named):
    daemon = lab.utcd({"process": {f"{role}_user": user for role, user in users.items()}}, utcd.PROCESSES)
    assert daemon.wait() == CONFIGURATION and f'"{named}"' in daemon.log() and "process.*_user" in daemon.log()


def test_when_the_daemon_dies_the_role_ends_and_joins_the_next(lab, joined):
    daemon, port, role = joined
    daemon.signal(signal.SIGKILL)
    role.wait(20)
    daemon.stop()
    again = lab.start(Role, daemon, "serve", "again")
    config = {key: value for key, value in daemon.config.items() if key != "log"}
    follower = lab.utcd(config, utcd.PROCESSES)
    assert follower.wait_answering(HOST, port).usable and again.running()


def test_a_clean_end_ends_it_too(joined):
    daemon, _, role = joined
    assert daemon.stop() == 0
    role.wait(20)


def test_reload_reaches_it(joined):
    """Options lie in shared memory, new sockets come over its channel."""
    daemon, port, role = joined
    second = proc.free_port()
    for listen, access in (([f"{HOST}:{port}", f"{HOST}:{second}"], None), ([f"{HOST}:{second}"], "deny"), ([f"{HOST}:{second}"], "allow")):
        daemon.config["ntp"]["listen"] = listen
        daemon.config["access"] = [{"nets": ["127.0.0.0/8"], "action": access}, {"nets": ["0.0.0.0/0"], "action": "deny"}] if access else []
        daemon.config_path.write_text(utcd.json.dumps(daemon.config))
        assert daemon.ctl("reload").returncode == 0, daemon.log()
        proc.wait_for(lambda denied=access == "deny": (ntp.ask(HOST, second, timeout=0.2) is None) == denied, what=daemon.log)
    assert role.running() and ntp.ask(HOST, port, timeout=0.2) is None


def test_keys_reach_it(lab):
    keys = lab.dir / "keys"
    keys.write_text("1 SHA256 HEX:" + "00112233445566778899aabbccddeeff" * 2 + "\n")
    keys.chmod(0o600)
    daemon, port = waiting_daemon(lab, {"serve": ME}, keys={"file": str(keys)}, access=[{"nets": ["0.0.0.0/0", "::/0"], "action": "authenticate"}])
    lab.start(Role, daemon, "serve")
    is_there(daemon, "serve")
    asking = lab.utcd({"sources": [utcd.source(port, key=1)], "keys": {"file": str(keys)}}, name="asking")
    asking.wait_synchronised()
    assert ntp.ask(HOST, port, timeout=0.2) is None


def is_live(port):
    try:
        return http.get(port, "/livez").status == 200
    except OSError:
        return False


def test_admin_as_a_service(lab):
    page = proc.free_port()
    daemon, port = waiting_daemon(lab, {"admin": ME}, http={"listen": [f"{HOST}:{page}"]})
    lab.start(Role, daemon, "admin")
    proc.wait_for(lambda: is_live(page), what=daemon.log)
    assert ntp.ask(HOST, port).usable


def test_admin_that_comes_before_its_turn_is_not_missed(lab):
    """A forked one is started a moment after the others."""
    early, page = lab.start(Early, "admin"), proc.free_port()
    daemon, _ = waiting_daemon(lab, {"admin": ME}, http={"listen": [f"{HOST}:{page}"]})
    proc.wait_for(lambda: is_live(page), what=daemon.log)
    time.sleep(2.5)     # what is missed is told after two seconds
    assert awaited(daemon.status()) == [] and early.running()


def test_ke_as_a_service(lab):
    authority = certificate.Authority(lab.dir)
    pem, private = authority.sign("server")
    ke_port = proc.free_port()
    daemon, port = waiting_daemon(lab, {"ke": ME}, **{"nts": {"listen": [f"{HOST}:{ke_port}"], "certificate": str(pem), "private_key": str(private)}})
    ke = lab.start(Role, daemon, "ke")
    is_there(daemon, "ke")
    asking = lab.utcd({"sources": [nts.source(ke_port)], "nts": {"trusted_certificates": str(authority.pem)}}, name="asking")
    asking.wait_synchronised(30)
    assert daemon.ctl("reload").returncode == 0 and ke.running()
    daemon.signal(signal.SIGHUP)
    assert ntp.ask(HOST, port).usable and ke.running()


def enter(daemon):
    """What a role of this user is given: (message, descriptors, connection)."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(10)
    connection.connect(str(daemon.run_dir / "roles.sock"))
    message, extra, _, _ = connection.recvmsg(4096, 1024)
    fds = array.array("i")
    for _, _, data in extra:
        fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
    return message, list(fds), connection


def test_what_serve_only_reads_it_cannot_write(lab):
    """Memory of the page, the options and the lines of cards comes by descriptors that cannot be mapped for writing."""
    daemon, _ = waiting_daemon(lab, {"serve": ME})
    message, fds, connection = enter(daemon)
    modes = [fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE for fd in fds if not os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")]
    assert message and modes.count(os.O_RDONLY) == 3 and modes.count(os.O_RDWR) == 3, modes     # counters, guard, interleaved mode are its own to write
    for fd in fds:
        os.close(fd)
    connection.close()


def is_cut_off(connection):
    try:
        return connection.recv(10) == b""
    except ConnectionResetError:    # with what it said unread
        return True


def test_one_that_speaks_is_cut_off(lab):
    daemon, port = waiting_daemon(lab, {"serve": ME})
    _, fds, connection = enter(daemon)
    with connection:
        connection.send(b"let me tell you something")
        assert is_cut_off(connection)
    for fd in fds:
        os.close(fd)
    lab.start(Role, daemon, "serve")
    assert daemon.wait_answering(HOST, port).usable


@pytest.mark.parametrize("words", [["--role", "core"], ["--role", "serve", "--one-process"], ["--join", "/nowhere"], ["--role", "serve", "--config", "/nowhere"]])
def test_a_wrong_command_line_is_said(words):
    done = proc.run([utcd.DAEMON, *words])
    assert done.returncode == 2 and "--role" in done.stderr
