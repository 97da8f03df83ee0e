"""Keys that are planted and keys that are made while it runs: whatever becomes of a process, nothing that it says or leaves behind holds one."""

import os
import pathlib
import re
import signal

import pytest

from lib import certificate, ntp, proc, utcd

HOST = "127.0.0.1"
SECRET = "a-secret-that-nobody-may-read-anywhere"
ELSEWHERE = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/"))
pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="to look into confined processes takes root"),
              pytest.mark.skipif(ELSEWHERE, reason="core files go elsewhere on this system")]


def dumping(lab):
    """A prefix: in the lab's directory, with room for core files."""
    return ["env", "-C", lab.dir, "prlimit", "--core=unlimited", "--"]


def cookie_keys(pid):
    """What could be keys in the ring as simple-utcd-ke maps it: 32 bytes at a time that are no numbers or zeroes."""
    found = re.search(r"^(\w+)-(\w+) .*memfd:simple-utcd-ke ", pathlib.Path(f"/proc/{pid}/maps").read_text(), re.MULTILINE)
    if not found:
        return []
    begin, end = int(found[1], 16), int(found[2], 16)
    with open(f"/proc/{pid}/mem", "rb") as memory:
        memory.seek(begin)
        ring = memory.read(end - begin)
    return [ring[at:at + 32] for at in range(0, len(ring) - 32, 4) if len(set(ring[at:at + 32])) > 24]


def start(lab, mode):
    """(daemon, port, secrets that are files) with symmetric keys, and NTS where it has a process of its own."""
    port, keys = proc.free_port(), lab.dir / "keys"
    keys.write_text(f"1 SHA256 {SECRET}\n")
    keys.chmod(0o600)
    config = {"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "keys": {"file": str(keys)}, "sources": [utcd.source(proc.free_port(), key=1)]}
    secret_files = [keys]
    if mode == utcd.PROCESSES:
        pem, private = certificate.Authority(lab.dir).sign("server")
        config["nts"] = {"listen": [f"{HOST}:{proc.free_port()}"], "certificate": str(pem), "private_key": str(private)}
        secret_files += [private, lab.dir / "ca.key"]
    daemon = lab.utcd(config, mode, prefix=dumping(lab))
    daemon.wait_answering(HOST, port)
    return daemon, port, secret_files


def crash_each_role(daemon, port):
    for role in ("core", "serve", "ke"):
        pid = daemon.roles()[role]
        os.kill(pid, signal.SIGABRT)
        proc.wait_for(lambda role=role, pid=pid: daemon.roles().get(role) not in (None, pid), what=daemon.log)
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.1), what=daemon.log)
    assert "SIGABRT" in daemon.log()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_NTS_18_no_core_file_and_no_word_holds_a_key(lab, mode):
    """SIGABRT asks for a core file of each process in turn; what was said meanwhile holds no key either."""
    daemon, port, secret_files = start(lab, mode)
    secrets = [SECRET.encode()] + [line for file in secret_files[1:] for line in file.read_bytes().splitlines() if b"-----" not in line]
    if mode == utcd.PROCESSES:
        proc.wait_for(lambda: {"core", "serve", "ke"} <= daemon.roles().keys(), what=daemon.log)
        secrets += proc.wait_for(lambda: cookie_keys(daemon.roles()["ke"]))
        crash_each_role(daemon, port)
    said = [daemon.ctl("status", "--json").stdout.encode()]
    daemon.signal(signal.SIGABRT)
    assert daemon.wait() == -signal.SIGABRT
    assert not list(lab.dir.glob("core*"))
    said += [file.read_bytes() for file in lab.dir.rglob("*") if file.is_file() and file not in secret_files]
    assert not [secret for secret in secrets for text in said if secret in text]


def test_a_program_that_does_not_hide_leaves_a_core_file(lab):
    """So the one above looks at the right place."""
    proc.run([*dumping(lab), "sh", "-c", "kill -ABRT $$"])
    assert list(lab.dir.glob("core*"))
