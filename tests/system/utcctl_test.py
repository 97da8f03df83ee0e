"""utcctl against daemons and servers that behave badly: one clear sentence, the documented exit code, never a hang."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from lib import ntp, proc, utcd

GENERAL, USAGE, PERMISSION, ADDRESS, NOT_SYNCHRONISED, NO_DAEMON = 1, 2, 4, 5, 7, 8
HOST = "127.0.0.1"
MAGIC, VERSION, SNAPSHOT, ANSWER = 0x55544343, 1, 2, 0x8000


def ctl(*args, **kwargs):
    return proc.run([utcd.UTCCTL, *args], **kwargs)


def one_sentence(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("utcctl: "), done.stderr
    return lines[0]


# ---- use ----

@pytest.mark.parametrize("args, hint", [([], "say what to do"), (["stats"], "did you mean 'status'"), (["status", "--jso"], "did you mean '--json'"),
                                        (["query"], "HOST[:PORT]"), (["query", "a:99999"], "1 to 65535"), (["sources", "-4"], "does not go with")])
def test_wrong_use_is_2_and_says_how(args, hint):
    done = ctl(*args)
    assert done.returncode == USAGE and hint in one_sentence(done)


def test_help_names_every_command():
    done = ctl("help")
    assert done.returncode == 0 and not done.stderr
    assert all(f"utcctl {c}" in done.stdout for c in ("status", "sources", "clock", "query", "wait-sync", "version"))


COMMANDS = sorted(set(re.findall(r"^  utcctl ([a-z-]+)", proc.run([utcd.UTCCTL, "help"]).stdout, re.MULTILINE)))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_of_its_own(command):
    done = ctl(command, "--help")
    assert done.returncode == 0 and not done.stderr
    assert done.stdout.startswith(f"  utcctl {command}") and re.search(rf"^  .*utcctl {command}", done.stdout.partition("For example:")[2], re.MULTILINE)
    assert re.findall(r"^  utcctl ([a-z-]+)", done.stdout, re.MULTILINE).count(command) == done.stdout.count("\n  utcctl ") + 1 and "\nExit codes: 0 " in done.stdout
    assert ctl(command, "-h").stdout == ctl("help", command).stdout == ctl("--help", command).stdout == done.stdout
    assert all(line in ctl("help").stdout for line in done.stdout.partition("For example:")[0].splitlines())


@pytest.mark.parametrize("words", [("sources", "--help", "--json"), ("--help", "query", "--count", "3"), ("check", "--live", "--help")])
def test_help_wins_over_what_stands_beside_it(words):
    done = ctl(*words)
    assert done.returncode == 0 and "Exit codes: 0" in done.stdout and not done.stderr


def test_the_help_of_query_names_its_options_and_no_others():
    told = ctl("query", "--help").stdout
    assert all(word in told for word in ("--proto", "--count", "--timeout", "--json", "7 it says")) and not any(word in told for word in ("--socket", "--yes", "--max-error"))


@pytest.mark.parametrize("words", [("config", "explain", "--json", "nosuch"), ("--json", "check", "--nosuch"), ("query", "--json", "\x01" * 255), ("stats", "--json")])
def test_a_failure_is_json_too(words):
    done = ctl(*words)
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode != 0 and f"utcctl: {told['error']}" == one_sentence(done)


def test_utcsim_tells_its_options():
    done = proc.run([utcd.BUILD / "utcsim", "--help"])
    assert done.returncode == 0 and done.stderr == "" and done.stdout.startswith("usage: utcsim ") and "--storm SEED" in done.stdout


@pytest.mark.parametrize("text, told", [(b"", "no client is in this story"), (b"node server s\n", "no client is in this story"),
                                        (b"run 1h\0node client c\n", "it is no text"), (b"#" * 2**20 + b"\n", "larger than 1 MiB"),
                                        (b"node client c drift 1e9ppm\n", "of 0.1 at most"), (None, "Is a directory")],
                         ids=["empty", "client", "nul", "large", "ratio", "directory"])
def test_what_is_no_story_is_told_and_not_passed(tmp_path, text, told):
    story = tmp_path / "a.story"
    story.mkdir() if text is None else story.write_bytes(text)
    done = ctl("sim", story, cwd=tmp_path)
    assert done.returncode == USAGE and told in done.stderr and "0 passed" in done.stdout, done.stderr + done.stdout


@pytest.mark.parametrize("words", [("help",), ("init",), ("completion", "bash"), ("version", "--json"), ("config", "explain", "ntp"), ("check", "/dev/null"),
                                   ("import", "--from", "ntp", "/dev/null")])
def test_what_cannot_be_written_is_not_done(words):
    """On a full disk, and where there is no standard output at all."""
    with open("/dev/full", "w") as full:
        done = subprocess.run([utcd.UTCCTL, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode not in (0, -signal.SIGPIPE) and "cannot write" in done.stderr, done.stderr
    done = subprocess.run([utcd.UTCCTL, *words], stderr=subprocess.PIPE, text=True, preexec_fn=lambda: os.close(1))
    assert done.returncode != 0 and "cannot write" in done.stderr, done.stderr


@pytest.mark.parametrize("words", [("--print-config",), ("--check-config",), ("--help",), ("--version",)])
def test_nor_is_what_the_daemon_prints(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([utcd.DAEMON, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == GENERAL and "cannot write" in done.stderr, done.stderr


def test_bytes_of_the_command_line_come_back_escaped():
    assert "\x1b" not in ctl("\x1b[31m").stderr
    assert "\x1b" not in ctl("query", "\x1b]0;x\x07.invalid").stderr


# ---- daemons ----

@pytest.fixture
def false_daemon():
    """A UNIX socket whose owner says `reply` to whatever it is asked, then hangs up, or not."""
    directory = proc.scratch()
    listener = socket.socket(socket.AF_UNIX)
    path = directory / "control.sock"
    listener.bind(str(path))
    listener.listen(4)
    kept = []

    def start(reply, hang_up=True):
        def serve():
            connection, _ = listener.accept()
            connection.recv(1024)
            connection.sendall(reply)
            kept.append(connection)
            if hang_up:
                connection.close()
        threading.Thread(target=serve, daemon=True).start()
        return path

    yield start
    for connection in kept:
        connection.close()
    listener.close()
    proc.remove(directory)


def frame(body=b"", magic=MAGIC, verb=SNAPSHOT | ANSWER, length=None):
    return struct.pack("!IHHI", magic, VERSION, verb, 12 + len(body) if length is None else length) + body


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", frame(length=0), frame(length=2**32 - 1), frame(b"\0\0", length=100),
                                   frame(b"\0\0" + b"\0\1\xff\xff\xff\xff"), frame(b"\0\2"), frame(b"\0\x63")])
def test_a_false_daemon_is_told_in_one_sentence(false_daemon, reply):
    done = ctl("status", "--socket", false_daemon(reply))
    assert done.returncode == GENERAL and one_sentence(done) and not done.stdout


def test_a_silent_daemon_is_not_waited_for_long(false_daemon):
    begin = time.monotonic()
    done = ctl("status", "--socket", false_daemon(b"", hang_up=False))
    assert done.returncode == GENERAL and "no answer came in time" in one_sentence(done)
    assert time.monotonic() - begin < 8


def test_names_from_a_false_daemon_cannot_reach_the_terminal(false_daemon):
    name = b"\x1b]0;owned\x07"
    source = struct.pack("!B", len(name)) + name
    done = ctl("sources", "--socket", false_daemon(frame(b"\0\0" + struct.pack("!HI", 3, len(source)) + source)))
    assert done.returncode == 0 and "\x1b" not in done.stdout and "\\x1b]0;owned\\x07" in done.stdout


def test_a_socket_nobody_listens_on_means_no_daemon():
    directory = proc.scratch()
    with socket.socket(socket.AF_UNIX) as abandoned:
        abandoned.bind(str(directory / "control.sock"))
    done = ctl("status", "--json", "--socket", directory / "control.sock")
    assert done.returncode == NO_DAEMON and "no daemon is running" in one_sentence(done)
    assert json.loads(done.stdout) == {"error": done.stderr.strip().removeprefix("utcctl: "), "exit_code": NO_DAEMON}
    proc.remove(directory)


def test_without_the_right_to_the_socket_the_page_is_read(lab):
    daemon = lab.utcd({"local": utcd.LOCAL})
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    lab.dir.chmod(0o755)
    daemon.socket_path.chmod(0o600)
    program = lab.dir / "utcctl"
    program.write_bytes(pathlib.Path(utcd.UTCCTL).read_bytes())
    program.chmod(0o755)
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*as_nobody, "true"], capture_output=True).returncode != 0:
        pytest.skip("this user cannot become another one")
    done = proc.run([*as_nobody, program, "clock", "--json", "--socket", daemon.socket_path])
    assert done.returncode == 0, done.stderr
    clock = json.loads(done.stdout)["clock"]
    assert clock["status"] == "local" and clock["stratum"] == 10 and clock["earliest_ns"] < clock["utc_ns"] < clock["latest_ns"]
    sources = proc.run([*as_nobody, program, "sources", "--socket", daemon.socket_path])
    assert sources.returncode == PERMISSION


def test_tables_keep_to_the_terminal(lab, good_chronyd):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]})
    daemon.wait_synchronised()
    for columns in (60, 80):
        for command in ("status", "sources", "clock"):
            out = daemon.ctl(command, env={**os.environ, "COLUMNS": str(columns)}).stdout
            assert max(len(line) for line in out.splitlines()) <= columns, out


def test_wait_sync_waits_for_the_error_asked_for(lab, good_chronyd):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]})
    done = daemon.ctl("wait-sync", "--timeout", "10", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["clock"]["usable"]
    done = daemon.ctl("wait-sync", "--timeout", "1", "--max-error", "1ns")
    assert done.returncode == NOT_SYNCHRONISED and "gave up" in done.stderr


# ---- servers ----

@pytest.fixture
def false_server():
    """Answers every NTP request with answer(request); its port."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((HOST, proc.free_port()))

    def start(answer):
        def serve():
            while True:
                try:
                    request, client = server.recvfrom(1024)
                except OSError:
                    return
                server.sendto(answer(request), client)
        threading.Thread(target=serve, daemon=True).start()
        return server.getsockname()[1]

    yield start
    server.close()


def reply(request, leap=0, stratum=2, refid=b"\xc0\0\2\1", origin=None, offset_s=0.0):
    now = int((time.time() + offset_s + ntp.ERA_OFFSET_S) * 2**32)
    return struct.pack("!BBbbII4sQ8sQQ", leap << 6 | 4 << 3 | 4, stratum, 6, -20, 0, 0, refid, now, request[40:48] if origin is None else origin, now, now)


@pytest.mark.parametrize("change, code, words", [
    ({"leap": 3}, NOT_SYNCHRONISED, "not synchronised"),
    ({"stratum": 0, "leap": 3, "refid": b"RATE"}, NOT_SYNCHRONISED, "kiss-o'-death RATE: the server asks for fewer requests"),
    ({"stratum": 0, "leap": 3, "refid": b"\x1b[1m"}, NOT_SYNCHRONISED, "kiss-o'-death ?[1m"),
    ({"origin": bytes(8)}, GENERAL, "origin timestamp is not that"),
])
def test_a_server_without_usable_time_is_explained(false_server, change, code, words):
    port = false_server(lambda request: reply(request, **change))
    done = ctl("query", f"{HOST}:{port}", "--timeout", "500ms")
    assert done.returncode == code and words in done.stdout and "\x1b" not in done.stdout
    done = ctl("query", f"{HOST}:{port}", "--timeout", "500ms", "--json")
    answer = json.loads(done.stdout)["answers"][0]
    assert done.returncode == code and answer["outcome"] != "answered" and words in answer["reason"] and "offset_ns" not in answer


def test_the_best_of_several_answers_is_shown(false_server):
    port = false_server(lambda request: reply(request, offset_s=3600))
    done = ctl("query", f"{HOST}:{port}", "--count", "2", "--json")
    found = json.loads(done.stdout)
    best = found["answers"][found["best"]]
    assert len(found["answers"]) == 2 and best["delay_ns"] == min(a["delay_ns"] for a in found["answers"])
    assert abs(best["offset_ns"] - 3600 * 10**9) < 50 * 10**6


def test_a_name_that_does_not_exist_is_an_address_error():
    assert ctl("query", "nonexistent.invalid").returncode == ADDRESS
    assert ctl("query", "127.0.0.1", "-6").returncode == ADDRESS


@pytest.mark.parametrize("host, words", [("fe80::1", "needs its interface behind it, such as fe80::1%eth0"),
                                         ("fe80::1%nope", "there is no interface of this name")])
def test_a_link_local_address_needs_its_interface(host, words):
    done = ctl("query", host)
    assert done.returncode == ADDRESS and words in done.stderr, done.stderr


def test_a_daemon_that_takes_nobody_in_is_given_up(tmp_path):
    """Stopped, say, while so many asked it that its queue is full: to connect there waits for ever."""
    path = str(tmp_path / "full.sock")
    with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as waiting:
        listener.bind(path)
        listener.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                one = waiting.enter_context(socket.socket(socket.AF_UNIX))
                one.setblocking(False)
                one.connect(path)
        began = time.monotonic()
        done = ctl("status", "--socket", path)
        assert done.returncode == GENERAL and "no answer came in time" in one_sentence(done) and time.monotonic() - began < 10
