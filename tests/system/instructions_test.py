"""User-space instructions for each NTP request, counted by callgrind: they do not depend on what else the machine does, so a figure that grows is a
change of ours. The load comes from bench/load.c; what the daemon does without it is taken off."""

import json
import os
import re
import struct
import subprocess

import pytest

from lib import certificate, ntp, proc, utcd

HOST = "127.0.0.1"
SECONDS = 1
ANSWERS = 5000
TOGETHER = ["taskset", "-c", str(min(os.sched_getaffinity(0))), "chrt", "--batch", "0"]   # on one CPU, so that what is sent together is received together
LIMIT = {1: 2400, 64: 650}      # by requests outstanding; chronyd 4.3: 2697 and 1974
MAC_LIMIT, NTS_LIMIT = 1400, 5000      # 64 outstanding; NTS by a processor's AES instructions, through nettle it is twice that
MADE = 256
KEY = bytes(range(16))

plain = pytest.mark.skipif(any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")),
                           reason="an instrumented program has instructions of its own")


def piped(argv, given=b""):
    return subprocess.run([str(a) for a in argv], input=given, capture_output=True, timeout=30)


class Counted:
    """The daemon under callgrind, with a key, and with NTS where a pair is given."""

    def __init__(self, lab, name, pair=None):
        self.port, self.ke_port = proc.free_port(), proc.free_port()
        self.out = lab.dir / f"{name}.callgrind"
        keys = lab.dir / "keys"
        keys.write_text(f"1 AES128 HEX:{KEY.hex()}\n")
        keys.chmod(0o600)
        valgrind = [*TOGETHER, "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={self.out}"]
        nts = {"nts": {"listen": [f"{HOST}:{self.ke_port}"], "certificate": str(pair[0]), "private_key": str(pair[1])}} if pair else {}
        self.daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{self.port}"]}, "keys": {"file": str(keys)}, **nts}, utcd.ONE_PROCESS, name=name,
                               prefix=valgrind)
        proc.wait_for(lambda: ntp.ask(HOST, self.port, timeout=0.5), timeout=30, what=self.daemon.log)

    def answers(self, outstanding, made=b""):
        """Enough of them that what the daemon does each second weighs nothing, however little a busy machine lets it do in one."""
        total = 0

        def ask():
            nonlocal total
            done = piped([*TOGETHER, utcd.BUILD / "bench/load", HOST, self.port, "--seconds", SECONDS, "--warm-up", 0, "--outstanding", outstanding,
                          *(["--made", 1] if made else [])], made)
            figures = json.loads(done.stdout)
            assert figures["bad"] + figures["kisses"] == 0, figures
            total += figures["answers"]
            return total >= ANSWERS
        proc.wait_for(ask, timeout=60, what=self.daemon.log)
        return total

    def instructions(self):
        self.daemon.stop(timeout=20)
        return int(re.search(r"^(?:summary|totals): (\d+)", self.out.read_text(), re.MULTILINE)[1])


def each(lab, name, load, pair=None):
    """load(server): how many answers there were. Returns instructions of each; what comes before the load is in an idle run as well."""
    idle = Counted(lab, f"{name}-idle", pair)
    if pair:
        sealed(idle)
    idle = idle.instructions()
    busy = Counted(lab, name, pair)
    answers = load(busy)
    found = (busy.instructions() - idle) / answers
    print(f"{name}: {found:.0f} instructions a request")
    return found


@plain
def test_instructions_of_a_request(lab):
    for outstanding, limit in LIMIT.items():
        assert each(lab, f"load{outstanding}", lambda server, outstanding=outstanding: server.answers(outstanding)) <= limit, f"{outstanding} outstanding"


def with_mac():
    packet = bytes([0x23]) + bytes(47)
    digest = piped(["openssl", "mac", "-binary", "-cipher", "AES-128-CBC", "-macopt", f"hexkey:{KEY.hex()}", "CMAC"], packet).stdout
    assert len(digest) == 16
    return MADE * (struct.pack("!H", 68) + packet + struct.pack("!I", 1) + digest)


@plain
def test_instructions_of_a_request_with_a_mac(lab):
    assert each(lab, "mac", lambda server: server.answers(64, with_mac())) <= MAC_LIMIT


def sealed(server):
    def look():
        done = piped([utcd.BUILD / "bench/seal", HOST, server.ke_port, "--count", MADE])
        return done.returncode == 0 and done.stdout
    return proc.wait_for(look, timeout=30, what=server.daemon.log)


@plain
def test_instructions_of_a_request_of_nts(lab):
    pair = certificate.Authority(lab.dir).sign("server")
    assert each(lab, "nts", lambda server: server.answers(64, sealed(server)), pair) <= NTS_LIMIT
