"""User-space instructions for each NTP request, counted by callgrind: they do not depend on what else the machine does, so a figure that grows is a
change of ours. The load comes from bench/load.c; what the daemon does without it is taken off."""

import json
import os
import re

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
SECONDS = 2
TOGETHER = ["taskset", "-c", str(min(os.sched_getaffinity(0))), "chrt", "--batch", "0"]   # on one CPU, so that what is sent together is received together
LIMIT = {1: 2500, 64: 650}      # by requests outstanding; chronyd 4.3: 2697 and 1974


def instructions(lab, load, name):
    """(instructions of a run, answers it gave)."""
    port = proc.free_port()
    out = lab.dir / f"{name}.callgrind"
    valgrind = [*TOGETHER, "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}"]
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}}, utcd.ONE_PROCESS, name=name, prefix=valgrind)
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.5), timeout=30, what=daemon.log)
    answers = 0
    if load:
        done = proc.run([*TOGETHER, utcd.BUILD / "bench/load", HOST, str(port), "--seconds", str(SECONDS), "--warm-up", "0", "--outstanding", str(load)])
        answers = json.loads(done.stdout)["answers"]
    daemon.stop(timeout=20)
    return int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)[1]), answers


@pytest.mark.skipif(any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")), reason="an instrumented program has instructions of its own")
def test_instructions_of_a_request(lab):
    idle, _ = instructions(lab, 0, "idle")
    for outstanding, limit in LIMIT.items():
        busy, answers = instructions(lab, outstanding, f"load{outstanding}")
        assert answers > 1000
        each = (busy - idle) / answers
        print(f"{outstanding} outstanding: {each:.0f} instructions a request")
        assert each <= limit, f"{outstanding} outstanding"
