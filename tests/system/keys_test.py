"""Files of symmetric keys: what is refused and how it is told, that no byte of a secret is ever shown, and a roll-over without a gap."""

import hashlib
import os
import pathlib
import struct
import time

import pytest

from lib import ntp, proc, sandbox, utcd

HOST = "127.0.0.1"
SECRET = "5eC7e7-0f-the-house-NOT-for-logs"
HEX = "c0ffee5eC7e70f0e0d0c0b0a09080706"
CONFIGURATION = 3


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


def configuration(path, **more):
    return {"keys": {"file": str(path), **more}}


def refused(lab, path, *words, **more):
    """--check-config and the daemon itself refuse the file, say `words`, and nothing of the secret."""
    daemon = lab.utcd(configuration(path, **more))
    assert daemon.wait(3) == CONFIGURATION, daemon.log()
    check = proc.run([utcd.DAEMON, "--check-config", "--config", daemon.config_path])
    assert check.returncode == CONFIGURATION
    for word in words:
        assert word in daemon.log() and word in check.stderr, f"{word!r} is not in: {daemon.log()}"
    for text in (daemon.log(), check.stdout, check.stderr):
        assert SECRET not in text and HEX not in text, text


BAD_LINES = {
    "type": (f"1 SHA256 x\n2 ROT13 {SECRET}\n", "keys:2:3:", "type"),
    "legacy": (f"1 SHA1 {SECRET}\n", "keys:1:3:", "allow_legacy"),
    "hex": (f"1 SHA256 HEX:{HEX}zz\n", "keys:1:10:", "hexadecimal"),
    "aes_size": (f"1 AES128 HEX:{HEX}00\n", "keys:1:10:", "16 bytes"),
    "no_number": (f"{SECRET} SHA256 x\n", "keys:1:1:", "number"),
    "twice": (f"1 SHA256 x\n1 SHA256 {SECRET}\n", "keys:2:1:", "already"),
    "key_in_two_words": (f"1 SHA256 x {SECRET}\n", "keys:1:12:", "unknown word"),
    "net": (f"1 SHA256 {SECRET} for=10.0.0.0/99\n", "keys:1:43:", "network"),
    "lifetime": (f"1 SHA256 {SECRET} until=tomorrow\n", "keys:1:43:", "not a time"),
    "control": (f"1 SHA256 {SECRET}\x01\n", "keys:1:42:", "no text"),
}


@pytest.mark.parametrize("text, place, words", BAD_LINES.values(), ids=BAD_LINES)
def test_CFG_bad_line_is_told_by_place(lab, text, place, words):
    refused(lab, write(lab.dir / "keys", text), place, words)


GOOD = f"1 SHA256 {SECRET}\n2 AES128 HEX:{HEX}\n"


def test_CFG_09_file_that_others_may_read(lab):
    refused(lab, write(lab.dir / "keys", GOOD, 0o644), "keys.file", "chmod 600")


def test_CFG_09_file_of_another_user(lab):
    if not sandbox.really_root:
        pytest.skip("giving a file away takes root")
    path = write(lab.dir / "keys", GOOD)
    os.chown(path, 65534, 65534)
    refused(lab, path, "keys.file", "another user")


def test_CFG_09_link_and_open_directory(lab):
    real = write(lab.dir / "real", GOOD)
    link = lab.dir / "link"
    link.symlink_to(real)
    refused(lab, link, "symbolic link")
    loose = lab.dir / "loose"
    loose.mkdir()
    path = write(loose / "keys", GOOD)
    loose.chmod(0o777)
    refused(lab, path, "directory")


def test_CFG_01_missing_file_directory_device(lab):
    refused(lab, lab.dir / "nothing", "keys.file", "does not exist")
    refused(lab, lab.dir, "no regular file")
    refused(lab, pathlib.Path("/dev/zero"), "no regular file")


@pytest.mark.parametrize("source, words", [({"key": 9}, "no key 9"), ({"key": 1, "next_key": 9}, "no key 9"), ({"next_key": 1}, "next_key")])
def test_a_source_names_a_key_that_is_there(lab, source, words):
    path = write(lab.dir / "keys", GOOD)
    daemon = lab.utcd({"sources": [utcd.source(1123, **source)], **configuration(path)})
    assert daemon.wait(3) == CONFIGURATION and words in daemon.log(), daemon.log()
    daemon = lab.utcd({"sources": [utcd.source(1123, key=1)]}, name="without-file")
    assert daemon.wait(3) == CONFIGURATION and "no keys.file" in daemon.log(), daemon.log()


def mac(secret, key_id, packet):
    return struct.pack("!I", key_id) + hashlib.sha256(secret.encode() + packet).digest()[:20]


def processes(daemon):
    return proc.session_members(daemon.pid)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_planted_secrets_are_never_shown(lab, mode):
    """Log, status in every form, printed configuration, process list and environment: after traffic with good and bad MACs."""
    path, port = write(lab.dir / "keys", GOOD), proc.free_port()
    daemon = lab.utcd({**configuration(path), "local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "log": {"level": "debug"},
                       "sources": [utcd.source(proc.free_port(), key=1)]}, mode)
    daemon.wait_answering(HOST, port)
    packet = ntp.request()
    with ntp.Client(HOST, port) as client:
        answer = client.ask(packet + mac(SECRET, 1, packet))
        assert answer and answer.raw[48:] == mac(SECRET, 1, answer.raw[:48])
        client.send(packet + mac("wrong", 1, packet))
        assert client.receive(0.3) is None
    said = [daemon.log(), *(daemon.ctl(*words).stdout for words in (["status"], ["status", "--json"], ["sources", "--json"], ["clock", "--json"]))]
    for option in ("--check-config", "--print-config"):
        done = proc.run([utcd.DAEMON, option, "--config", daemon.config_path])
        assert done.returncode == 0
        said += [done.stdout, done.stderr]
    for pid in processes(daemon):
        said += [pathlib.Path(f"/proc/{pid}/{name}").read_text(errors="replace") for name in ("cmdline", "environ")]
    for text in said:
        assert SECRET not in text and HEX not in text and HEX.lower() not in text.lower()


def test_a_key_that_differs_is_told_at_both_ends(lab):
    """The server says nothing to such a client, so both operators need words: else it looks like a firewall."""
    port, words = proc.free_port(), lambda done: " ".join(done.stdout.split())
    ours, theirs = write(lab.dir / "ours", f"7 SHA256 {SECRET}\n"), write(lab.dir / "theirs", "7 SHA256 another\n")
    server = lab.utcd({**configuration(theirs), "local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}}, name="server")
    server.wait_answering(HOST, port)
    client = lab.utcd({**configuration(ours), "sources": [utcd.source(port, key=7)]}, name="client")
    client.wait_status(lambda s: any(p["id"] == "source-silent" and "has another key 7 than ours, or none, is silent too" in p["sentence"] for p in s["problems"]))
    assert "compare number, type and key at both ends" in words(client.ctl("explain", f"{HOST}:{port}"))
    assert "not answered, most of all: the MAC does not fit the packet: another key" in words(server.ctl("status"))


def test_roll_over_by_lifetimes(lab):
    """One key ends in a moment and the next has begun: the source is asked with the new one and never without."""
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
    server_port = proc.free_port()
    path = write(lab.dir / "keys", f"1 SHA256 {SECRET} until={end}\n2 SHA256 another-one-for-later from={end}\n")
    server = lab.utcd({**configuration(path), "local": {"stratum": 10, "error": "1ms"}, "ntp": {"listen": [f"{HOST}:{server_port}"]}}, name="server")
    server.wait_answering(HOST, server_port)
    client = lab.utcd({**configuration(path), "sources": [utcd.source(server_port, key=1, next_key=2)]}, name="client")
    client.wait_synchronised()
    before = client.wait_status(lambda s: time.time() > time.mktime(time.strptime(end, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone + 0.5)["sources"][0]
    after = client.wait_status(lambda s: s["sources"][0]["accepted"] >= before["accepted"] + 4)
    assert after["clock"]["status"] == "synchronised" and after["sources"][0]["reach"] & 7 == 7
    verdicts = server.counters()[1]
    assert set(verdicts) <= {"answered", "key_lifetime"} and verdicts.get("key_lifetime", 0) <= 1, verdicts


def test_a_key_without_successor_ends_the_source(lab):
    """Its lifetime over, the source is asked no more: nothing is asked without authentication."""
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
    server_port = proc.free_port()
    path = write(lab.dir / "keys", f"1 SHA256 {SECRET} until={end}\n")
    forever = write(lab.dir / "forever", f"1 SHA256 {SECRET}\n")
    server = lab.utcd({**configuration(forever), "local": {"stratum": 10, "error": "1ms"}, "ntp": {"listen": [f"{HOST}:{server_port}"]}}, name="server")
    server.wait_answering(HOST, server_port)
    client = lab.utcd({**configuration(path), "sources": [utcd.source(server_port, key=1)]}, name="client")
    client.wait_synchronised()
    client.wait_status(lambda s: s["sources"][0]["reach"] == 0)
    assert "not yet good, or no more" in client.log()
    assert set(server.counters()[1]) == {"answered"}
