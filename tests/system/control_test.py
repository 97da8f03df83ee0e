"""Changes over the control socket: who may, within which limits, and what comes of them."""

import json
import os
import pty
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import time

import pytest

from lib import ntp, peers, proc, utcd

HOST = "127.0.0.1"
GENERAL, USAGE, REFUSED, PERMISSION, NO_DAEMON = 1, 2, 3, 4, 8
MAGIC = 0x55544343
CHANGES = [["reload"], ["sources", "add", "192.0.2.1"], ["sources", "remove", "s1"], ["sources", "offline", "s1"], ["sources", "online", "s1"], ["burst"],
           ["log", "level", "debug"], ["step", "--yes"]]


def following(lab, chronyd, mode=utcd.ONE_PROCESS, **more):
    daemon = lab.utcd({"sources": [utcd.source(chronyd.port)], **more}, mode)
    daemon.wait_synchronised()
    return daemon


def names(daemon):
    return [s["name"] for s in daemon.status()["sources"]]


# ---- frames ----

def connect(daemon):
    """In blocking mode: a socket with a timeout does not wait for a place in the queue, but fails at once."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(str(daemon.socket_path))
    s.settimeout(10)
    return s


@pytest.mark.parametrize("length", [0, 11, 257, 2**31, 2**32 - 1])
def test_CTL_01_a_length_that_cannot_be_closes_the_connection(lab, length):
    daemon = lab.utcd({"local": utcd.LOCAL})
    daemon.wait_status(lambda s: True)
    with connect(daemon) as s:
        s.sendall(struct.pack(">IHHI", MAGIC, 1, 2, length))
        assert s.recv(100) == b""
    assert daemon.status()


def test_CTL_01_trickles_and_stumps_hold_nobody_up(lab, mode=utcd.PROCESSES):
    """Connections that send a byte now and then, or half a frame and nothing more, while another one is answered at once; in the end they are cut."""
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}}, mode)
    daemon.wait_answering(HOST, port)
    daemon.wait_status(lambda s: True)
    frame = struct.pack(">IHHII", MAGIC, 1, 2, 16, 0xffffffff)
    slow = [connect(daemon) for _ in range(8)]
    for s in slow:
        s.sendall(frame[:7])
    for i in range(7, 11):
        slow[0].sendall(frame[i:i + 1])
        assert daemon.status() and ntp.ask(HOST, port)
        time.sleep(0.2)
    slow[0].sendall(frame[11:])
    assert slow[0].recv(4) == frame[:4]
    assert proc.wait_for(lambda: slow[1].recv(1) == b"", timeout=20)    # 10 s after its last byte
    for s in slow:
        s.close()


# ---- places ----

@pytest.mark.parametrize("make", [lambda p, other: p.symlink_to(other), lambda p, other: p.write_text("mine"), lambda p, other: p.mkdir()])
def test_CTL_02_what_is_no_socket_is_left_alone(lab, make):
    other = lab.dir / "other"
    other.write_text("precious")
    path = lab.dir / "simple-utcd" / "control.sock"
    path.parent.mkdir(mode=0o755)
    make(path, other)
    before = os.lstat(path)
    daemon = lab.utcd({"local": utcd.LOCAL})
    assert daemon.wait() in (GENERAL, PERMISSION) and "control socket" in daemon.log()
    after = os.lstat(path)
    assert (before.st_ino, before.st_mode) == (after.st_ino, after.st_mode) and other.read_text() == "precious"


def test_CTL_04_lock_and_page_are_not_written_through_links(lab):
    target = lab.dir / "passwd"
    target.write_text("root:x:0:0\n")
    run_dir = lab.dir / "simple-utcd"
    run_dir.mkdir(mode=0o755)
    probe = lab.utcd({"local": utcd.LOCAL}, name="probe")
    probe.wait_status(lambda s: True)
    for made in (p for p in probe.run_dir.iterdir() if not stat.S_ISSOCK(p.stat().st_mode)):
        (run_dir / made.name).symlink_to(target)
    daemon = lab.utcd({"local": utcd.LOCAL})
    proc.wait_for(lambda: not daemon.running() or daemon.status(), what=daemon.log)
    assert target.read_text() == "root:x:0:0\n"


# ---- who may ----

def test_CTL_03_a_user_without_rights_changes_nothing_and_is_told_of(lab, good_chronyd):
    if os.geteuid() != 0:
        pytest.skip("takes root, to be somebody else")
    daemon = following(lab, good_chronyd)
    lab.dir.chmod(0o755)
    nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    before = names(daemon)
    for words in CHANGES:
        done = proc.run([*nobody, utcd.UTCCTL, *words, "--socket", daemon.socket_path])
        assert done.returncode == PERMISSION and "does not permit" in done.stderr, words
    status = daemon.status()
    assert status["daemon"]["control_denied"] == len(CHANGES) and status["daemon"]["reloads"] == 0 and names(daemon) == before
    assert "audit: user 65534" in daemon.log()
    assert proc.run([*nobody, utcd.UTCCTL, "status", "--socket", daemon.socket_path]).returncode == 0


HOLD = """import socket, sys, time
held = [socket.socket(socket.AF_UNIX) for _ in range(40)]
for s in held:
    s.connect(sys.argv[1])
print("held", flush=True)
time.sleep(60)"""


def test_CTL_03_who_takes_every_place_locks_nobody_out(lab):
    """A user without rights opens connections and keeps them: the administrator and others still get their answers, each time."""
    if os.geteuid() != 0:
        pytest.skip("takes root, to be somebody else")
    daemon = lab.utcd({"local": utcd.LOCAL}, utcd.PROCESSES)
    daemon.wait_status(lambda s: True)
    lab.dir.chmod(0o755)
    nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    holder = subprocess.Popen([*nobody, "/usr/bin/python3", "-c", HOLD, str(daemon.socket_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        with connect(daemon) as root:
            for command in (["status"], ["reload"]):
                done = daemon.ctl(*command)
                assert done.returncode == 0, done.stderr
            assert proc.run([*nobody, utcd.UTCCTL, "status", "--socket", daemon.socket_path]).returncode == 0
            root.sendall(struct.pack(">IHHI", MAGIC, 1, 1, 12))     # nobody without rights took this place
            assert root.recv(4)
    finally:
        holder.kill()
        holder.wait()


def test_CTL_03_operators_may_change_what_they_may_not_see(lab, good_chronyd):
    if os.geteuid() != 0:
        pytest.skip("takes root, to be somebody else")
    daemon = following(lab, good_chronyd, control={"operators": "nogroup"})
    lab.dir.chmod(0o755)
    for groups in (["--regid=65534", "--clear-groups"], ["--regid=1", "--groups=65534"]):
        operator = ["/usr/bin/setpriv", "--reuid=65534", *groups, "--"]
        done = proc.run([*operator, utcd.UTCCTL, "burst", "--socket", daemon.socket_path])
        assert done.returncode == 0, (groups, done.stderr)
    assert proc.run([*operator, utcd.UTCCTL, "clients", "--socket", daemon.socket_path]).returncode == PERMISSION


# ---- sources ----

def test_CTL_14_no_name_is_nobody(lab):
    """A script whose variable is empty means nobody, not the first pool, nor all."""
    daemon = lab.utcd({"local": utcd.LOCAL, "sources": [{"pool": "pool.invalid"}, {"server": "192.0.2.1"}]})
    daemon.wait_status(lambda s: True)
    for act in ("remove", "offline", "online"):
        done = daemon.ctl("sources", act, "")
        assert done.returncode == REFUSED and 'there is no source ""' in done.stderr, (act, done)
    assert not [s for s in daemon.status()["sources"] if s["state"] == "offline"] and len(names(daemon)) == 2


@pytest.mark.parametrize("mode", utcd.MODES)
def test_sources_come_and_go_at_run_time(lab, good_chronyd, mode):
    second = lab.start(peers.Chronyd, "second").wait_serving()
    daemon = following(lab, good_chronyd, mode)
    done = daemon.ctl("sources", "add", HOST, f"port={second.port}", "min_poll=-2", "max_poll=0")
    assert done.returncode == 0 and "is added" in done.stdout, done.stderr
    daemon.wait_status(lambda s: len(s["sources"]) == 2 and s["sources"][1]["state"] == "selected")
    assert daemon.ctl("sources", "add", HOST, f"port={second.port}").returncode == REFUSED
    assert daemon.ctl("sources", "remove", f"{HOST}:{second.port}").returncode == 0
    daemon.wait_status(lambda s: len(s["sources"]) == 1)
    assert daemon.ctl("sources", "add", "localhost", f"port={second.port}", "min_poll=-2", "max_poll=0").returncode == 0
    daemon.wait_status(lambda s: len(s["sources"]) == 2 and s["sources"][1]["state"] == "selected", timeout=20)
    assert daemon.ctl("reload").returncode == 0
    assert len(names(daemon)) == 1


@pytest.mark.parametrize("mode", utcd.MODES)
def test_offline_is_not_asked_until_online(lab, good_chronyd, mode):
    daemon = following(lab, good_chronyd, mode)
    name = names(daemon)[0]
    assert daemon.ctl("sources", "offline", name).returncode == 0
    sent = daemon.wait_status(lambda s: s["sources"][0]["state"] == "offline")["sources"][0]["sent"]
    time.sleep(1.5)
    status = daemon.status()
    assert status["sources"][0]["sent"] <= sent + 1 and not [p for p in status["problems"] if p["id"] == "source-silent"]
    assert json.loads(daemon.ctl("explain", name, "--json").stdout)["state"] == "offline"
    assert [p["id"] for p in status["problems"] if p["id"] == "no-source"] and status["clock"]["hint"] == "every source was taken offline"
    burst = daemon.ctl("burst", name)
    assert burst.returncode == REFUSED and "sources online" in burst.stderr
    assert daemon.ctl("reload").returncode == 0 and daemon.status()["sources"][0]["state"] == "offline"
    assert daemon.ctl("sources", "online", "s1").returncode == 0
    daemon.wait_status(lambda s: s["sources"][0]["sent"] >= sent + 3)


def test_a_liar_that_is_taken_offline_is_out_of_the_majority(lab, good_chronyd):
    """Of two that contradict each other none is a majority, until an operator takes one out; the next core knows it too."""
    liar = lab.start(peers.Chronyd, "liar", fake="+30s").wait_serving()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port), utcd.source(liar.port)]}, utcd.PROCESSES)
    daemon.wait_status(lambda s: [p for p in s["problems"] if p["id"] == "no-majority"])
    assert daemon.ctl("sources", "offline", f"{HOST}:{liar.port}").returncode == 0
    daemon.wait_synchronised()
    said = daemon.ctl("status").stdout
    assert "2 configured, 1 answering, 1 followed, 0 false, 1 offline" in said, said
    assert "do not wait for it" in " ".join(daemon.ctl("explain", f"{HOST}:{liar.port}").stdout.split())
    core = daemon.roles()["core"]
    os.kill(core, signal.SIGKILL)
    daemon.wait_status(lambda s: daemon.roles().get("core") not in (None, core) and s["clock"]["sources_selected"] == 1, 30)


def test_PROC_02_a_core_that_is_killed_goes_on_with_what_operators_said(lab, good_chronyd):
    """What was added, removed and taken offline at run time is so for the next core; a reload ends it."""
    added, other = (lab.start(peers.Chronyd, name).wait_serving().port for name in ("added", "other"))
    good, dead = good_chronyd.port, proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(port) for port in (good, dead, other)]}, utcd.PROCESSES)
    daemon.wait_synchronised()
    assert daemon.ctl("sources", "add", HOST, f"port={added}", "min_poll=-2", "max_poll=0").returncode == 0
    assert daemon.ctl("sources", "remove", f"{HOST}:{dead}").returncode == 0
    assert daemon.ctl("sources", "offline", f"{HOST}:{good}").returncode == 0
    for _ in range(2):
        core = daemon.roles()["core"]
        os.kill(core, signal.SIGKILL)
        daemon.wait_status(lambda s, core=core: daemon.roles().get("core") not in (None, core), 30)
        status = daemon.wait_status(lambda s: all(source["accepted"] for source in s["sources"][1:]), 30)
        assert [s["name"] for s in status["sources"]] == [f"{HOST}:{port}" for port in (good, other, added)]
        assert status["sources"][0]["state"] == "offline" and status["sources"][0]["sent"] == 0
    assert daemon.ctl("sources", "online", f"{HOST}:{good}").returncode == 0
    daemon.wait_status(lambda s: s["sources"][0]["accepted"], 30)
    assert daemon.ctl("reload").returncode == 0
    assert sorted(names(daemon)) == sorted(f"{HOST}:{port}" for port in (good, other, dead))


def test_burst_asks_now(lab, good_chronyd):
    daemon = following(lab, good_chronyd)
    slow = lab.utcd({"sources": [utcd.source(good_chronyd.port, iburst=False, min_poll=6, max_poll=6)]}, name="slow")
    sent = slow.wait_status(lambda s: s["sources"][0]["accepted"] >= 1, timeout=30)["sources"][0]["sent"]
    assert slow.ctl("burst").returncode == 0 and daemon.ctl("burst", names(daemon)[0]).returncode == 0
    slow.wait_status(lambda s: s["sources"][0]["sent"] >= sent + 1, timeout=20)


@pytest.mark.parametrize("words, says", [(["192.0.2.1", "min_poll=-5"], "min_poll"), (["192.0.2.1", "port=99999"], "port"), (["192.0.2.1", "max_polll=6"], "max_poll"),
                                         (["192.0.2.1", "key=7"], "key"), (["192.0.2.1", "port=123 }, { server: 192.0.2.2"], "one source"), (["min_poll=4"], "server"),
                                         (["192.0.2.1", "pool=a.example"], "pool")])
def test_CTL_14_sources_have_the_limits_of_the_configuration(lab, words, says):
    daemon = lab.utcd({"local": utcd.LOCAL})
    daemon.wait_status(lambda s: True)
    done = daemon.ctl("sources", "add", *words)
    assert done.returncode == REFUSED and says in done.stderr, done.stderr
    assert names(daemon) == []


def test_CTL_14_no_more_sources_than_there_is_room_for(lab):
    daemon = lab.utcd({"local": utcd.LOCAL})
    daemon.wait_status(lambda s: True)
    codes = [daemon.ctl("sources", "add", f"192.0.2.{i}").returncode for i in range(1, 19)]
    assert codes == [0] * 16 + [REFUSED] * 2 and len(names(daemon)) == 16


# ---- clock and log ----

def test_CTL_14_step_needs_a_word_and_a_clock(lab, good_chronyd):
    daemon = following(lab, good_chronyd)
    done = daemon.ctl("step")
    assert done.returncode == USAGE and "--yes" in done.stderr
    done = daemon.ctl("step", "--yes")
    assert done.returncode == REFUSED and "virtual" in done.stderr


@pytest.mark.parametrize("mode", utcd.MODES)
def test_log_level_changes_at_once(lab, mode):
    daemon = lab.utcd({"local": utcd.LOCAL}, mode)
    daemon.wait_status(lambda s: True)
    assert daemon.ctl("log", "level", "error").returncode == 0
    log = daemon.log()
    assert daemon.ctl("burst").returncode == 0
    assert daemon.log() == log
    assert daemon.ctl("log", "level", "info").returncode == 0
    assert daemon.ctl("log", "level", "loud").returncode == REFUSED


@pytest.mark.parametrize("mode", utcd.MODES)
def test_log_level_of_one_topic(lab, mode):
    """What an operator does is an event of the topic audit."""
    daemon = lab.utcd({"local": utcd.LOCAL}, mode)
    daemon.wait_status(lambda s: True)
    quiet = daemon.ctl("log", "level", "error", "audit")
    assert quiet.returncode == 0 and "about audit" in quiet.stdout
    assert daemon.ctl("burst").returncode == 0 and daemon.ctl("log", "level", "error", "sources").returncode == 0
    assert "quick questions" not in daemon.log() and "about sources" not in daemon.log()
    assert daemon.ctl("log", "level", "info", "audit").returncode == 0
    assert daemon.ctl("burst").returncode == 0
    proc.wait_for(lambda: "quick questions" in daemon.log(), what=daemon.log)
    assert daemon.ctl("log", "level", "info", "kitchen").returncode == REFUSED


# ---- explain, doctor, top, completion ----

def test_explain_says_why(lab, good_chronyd):
    second = lab.start(peers.Chronyd, "second").wait_serving()
    liar = lab.start(peers.Chronyd, "liar", fake="+30s").wait_serving()
    daemon = lab.utcd({"sources": [utcd.source(p.port) for p in (good_chronyd, second, liar)]})
    daemon.wait_status(lambda s: any(x["state"] == "falseticker" for x in s["sources"]), timeout=30)
    assert "contradicts the majority" in daemon.ctl("explain", f"{HOST}:{liar.port}").stdout
    good = json.loads(daemon.ctl("explain", f"{HOST}:{good_chronyd.port}", "--json").stdout)
    assert good["followed"] and good["why"] and good["fix"]
    assert daemon.ctl("explain", "nobody.example").returncode == GENERAL


def test_doctor_finds_and_helps(lab, good_chronyd):
    daemon = following(lab, good_chronyd, leap={"list": "/nowhere"})    # this machine's may have expired
    well = daemon.ctl("doctor")
    assert well.returncode == 0 and "Nothing is wrong" in well.stdout, well.stdout
    sick = lab.utcd({}, name="sick")
    sick.wait_status(lambda s: True)
    done = sick.ctl("doctor")
    assert done.returncode == GENERAL and "no-source" in done.stdout and "what to do" in done.stdout
    assert json.loads(sick.ctl("doctor", "--json").stdout)["problems"][0]["fix"]
    nobody = proc.run([utcd.UTCCTL, "doctor", "--socket", "/nonexistent/control.sock"])
    assert nobody.returncode == NO_DAEMON and "no daemon is running" in nobody.stderr and "UDP port 123" in nobody.stdout


def screen(master, seconds):
    """What comes within so many seconds, or until there is some and then nothing more for a while."""
    out, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([master], [], [], 0.3)[0]:
            out += os.read(master, 65536)
        elif out:
            break
    return out.decode(errors="replace")


def test_top_shows_resizes_and_ends_with_q(lab, good_chronyd):
    import fcntl
    import termios
    daemon = following(lab, good_chronyd)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    mode = termios.tcgetattr(slave)
    top = subprocess.Popen([utcd.UTCCTL, "top", "--socket", daemon.socket_path], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    first = screen(master, 20)
    assert "\x1b[?1049h" in first and "Synchronised" in first and HOST in first
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 8, 40, 0, 0))
    top.send_signal(signal.SIGWINCH)
    small = screen(master, 20)
    frame = small.split("\x1b[H")[-1]
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in frame.split("\r\n")]
    assert len(lines) <= 8
    top.send_signal(signal.SIGTSTP)     # as Ctrl-Z does: the shell's screen and mode are back meanwhile
    os.waitid(os.P_PID, top.pid, os.WSTOPPED)
    assert "\x1b[?1049l" in screen(master, 5) and termios.tcgetattr(slave) == mode
    top.send_signal(signal.SIGCONT)
    again = screen(master, 20)
    assert "\x1b[?1049h" in again and "Synchronised" in again and termios.tcgetattr(slave) != mode
    os.write(master, b"q")
    assert top.wait(timeout=20) == 0
    assert "\x1b[?1049l" in screen(master, 5) and termios.tcgetattr(slave) == mode
    os.close(master)
    os.close(slave)


def test_top_waits_for_a_daemon_and_ends_with_its_input(lab):
    (keys, slave), (picture, shown) = pty.openpty(), pty.openpty()
    top = subprocess.Popen([utcd.UTCCTL, "top", "--socket", lab.dir / "nobody"], stdin=slave, stdout=shown, start_new_session=True)
    os.close(slave)
    assert "No daemon answers; waiting for one." in screen(picture, 20)
    os.close(keys)
    assert top.wait(timeout=20) == 0
    os.close(picture)
    os.close(shown)


def test_top_without_a_terminal_says_what_to_take_instead(lab):
    done = proc.run([utcd.UTCCTL, "top", "--socket", lab.dir / "nobody"])
    assert done.returncode == 2 and "top needs a terminal" in done.stderr and "utcctl top --json" in done.stderr


def commands():
    return re.findall(r"^  utcctl ([a-z-]+)", proc.run([utcd.UTCCTL, "help"]).stdout, re.MULTILINE)


@pytest.mark.parametrize("shell, check", [("bash", ["bash", "-n"]), ("zsh", None), ("fish", None)])
def test_completion_knows_every_command_and_option(shell, check, tmp_path):
    script = proc.run([utcd.UTCCTL, "completion", shell])
    assert script.returncode == 0
    assert all(re.search(rf"\b{c}\b", script.stdout) for c in commands()) and "--socket" in script.stdout and "--yes" in script.stdout
    if check:
        path = tmp_path / "completion"
        path.write_text(script.stdout)
        assert proc.run([*check, path]).returncode == 0


def test_bash_really_completes():
    def complete(*words):
        line = f'eval "$({utcd.UTCCTL} completion bash)"; COMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; _utcctl; echo "${{COMPREPLY[@]}}"'
        return proc.run(["bash", "-c", line]).stdout.split()
    assert complete("utcctl", "sou") == ["sources"]
    assert "remove" in complete("utcctl", "sources", "re") and "--yes" in complete("utcctl", "step", "--")


def complete_in_fish(line, directory):
    script = f'{utcd.UTCCTL} completion fish | source; complete -C "{line}"'
    return proc.run(["fish", "--no-config", "-c", script], cwd=directory).stdout.split()


def complete_in_zsh(line, directory):
    """What the line becomes by the tabulator in a terminal."""
    master, slave = pty.openpty()
    shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=slave, stdout=slave, stderr=slave, cwd=directory, env={**os.environ, "TERM": "dumb"}, start_new_session=True)
    os.close(slave)
    seen = b""

    def type_and_wait(text, words):
        nonlocal seen
        seen = b""
        os.write(master, text.encode())
        end = time.monotonic() + 20
        while not re.search(words.encode(), seen) and time.monotonic() < end:
            if select.select([master], [], [], 0.2)[0]:
                seen += os.read(master, 4096)
        return re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", seen).decode()
    try:
        type_and_wait(f"PS1=PROM''PT; autoload -U compinit; compinit -u -D; source <({utcd.UTCCTL} completion zsh); print REA''DY\n", r"READY[\s\S]*PROMPT")
        return type_and_wait(f"{line}\t\x05#END", "#END")
    finally:
        shell.kill()
        shell.wait()
        os.close(master)


def test_fish_and_zsh_really_complete(tmp_path):
    (tmp_path / "mine.yaml").touch()
    assert complete_in_fish("utcctl sou", tmp_path) == ["sources"] and complete_in_fish("utcctl sources re", tmp_path) == ["remove"]
    assert complete_in_fish("utcctl check mi", tmp_path) == ["mine.yaml"] and complete_in_fish("utcctl status mi", tmp_path) == []
    for line, whole in (("utcctl sou", "sources"), ("utcctl sources rem", "remove"), ("utcctl check mi", "mine.yaml")):
        said = complete_in_zsh(line, tmp_path)
        assert re.search(rf"{line[-2:]}.*{whole[len(line.split()[-1]):]}", said, re.DOTALL), said


def test_every_command_of_the_daemon_has_json(lab, good_chronyd):
    daemon = following(lab, good_chronyd)
    for words in (["status"], ["sources"], ["clock"], ["clients"], ["doctor"], ["explain", "s1"], ["reload"], ["burst"], ["sources", "offline", names(daemon)[0]],
                  ["log", "level", "info"], ["step", "--yes"], ["acl", "test", HOST], ["version"]):
        json.loads(daemon.ctl(*words, "--json").stdout)
