"""Too many requests, too little memory, too little processor time: honest clients are answered, and what is said stays true."""

import multiprocessing
import os
import socket
import time

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
FLOOD_S = 3.0
MEMORY_MIB = 64


def flood(host, port, source, seconds):
    """Requests from one address as fast as this process can; answers are thrown away."""
    packet = ntp.request()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.connect((host, port))
        s.setblocking(False)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for _ in range(200):
                try:
                    s.send(packet)
                except (BlockingIOError, ConnectionRefusedError):
                    pass


def start_flood(host, port, source, seconds=FLOOD_S):
    p = multiprocessing.Process(target=flood, args=(host, port, source, seconds), daemon=True)
    p.start()
    return p


def ask_often(port, end, sources):
    """(asked, answered) over many honest addresses until `end`."""
    asked = answered = 0
    while time.monotonic() < end:
        for source in sources:
            with ntp.Client(HOST, port, source=source) as c:
                asked += 1
                c.send(ntp.request())
                answered += c.receive(1.0) is not None
    return asked, answered


@pytest.fixture
def limited(lab):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "rate_limit": {"rate": 1000, "burst": 2000}})
    proc.wait_for(lambda: ntp.ask(HOST, port), what="no answer")
    return daemon, port


def test_NTP_24_one_greedy_address_does_not_silence_the_others(limited):
    daemon, port = limited
    greedy = start_flood(HOST, port, "127.0.9.9")
    asked, answered = ask_often(port, time.monotonic() + FLOOD_S - 0.5, [f"127.0.1.{i}" for i in range(1, 101)])
    greedy.join()
    assert asked > 100
    assert answered >= asked - max(2, asked // 100), f"{answered} of {asked} honest requests were answered"     # loss by full socket buffers included
    _, verdicts = daemon.counters()
    assert verdicts.get("rate_limited", 0) > 1000, "the greedy address was never limited"


@pytest.mark.skipif(b"__asan_init" in utcd.DAEMON.read_bytes(), reason="an instrumented program needs more memory than that for itself")
def test_PROC_06_a_flood_of_sources_fits_into_the_memory_there_is(lab):
    port = proc.free_port()
    limit = MEMORY_MIB * 2**20
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "client_log": True}, "rate_limit": {"rate": 1000}},
                      prefix=("prlimit", f"--data={limit}", "--"))
    proc.wait_for(lambda: ntp.ask(HOST, port), what="no answer")
    floods = [start_flood(HOST, port, f"127.{i}.7.7") for i in range(1, 4)]
    for i in range(2000):
        with ntp.Client(HOST, port, source=f"127.200.{i // 250}.{i % 250 + 1}") as c:
            c.send(ntp.request())
    for p in floods:
        p.join()
    assert daemon.running
    assert ntp.ask(HOST, port).usable
    rss = next(int(line.split()[1]) for line in open(f"/proc/{daemon.pid}/status") if line.startswith("VmRSS"))
    assert rss * 1024 < limit, f"{rss} KiB"


def burn(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_PROC_10_a_starved_daemon_still_tells_the_truth(lab, good_chronyd):
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}}, prefix=("nice", "-n", "19"))
    daemon.wait_synchronised()
    busy = [multiprocessing.Process(target=burn, args=(5,), daemon=True) for _ in range(4 * len(os.sched_getaffinity(0)))]
    for p in busy:
        p.start()
    end, heard = time.monotonic() + 4.5, 0
    while time.monotonic() < end:
        answer = ntp.ask(HOST, port, timeout=3.0)
        if answer and answer.usable:
            heard += 1      # this machine's clock is the truth here: good_chronyd serves it as it is
            assert abs(answer.offset_s) <= answer.bound_s + answer.delay_s / 2, f"off by {answer.offset_s} s, said {answer.bound_s} s"
    for p in busy:
        p.join()
    assert heard > 3
