"""Who is answered, how often, and by how many processes."""

import os
import select
import signal

import pytest

from lib import ntp, proc, utcd

HOST = "127.0.0.1"
ADDRESS = 5     # exit code
QUIET_S = 1


def start(lab, mode=utcd.PROCESSES, ntp_keys=(), **config):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], **dict(ntp_keys)}, **config}, mode)
    daemon.wait_answering(HOST, port)
    return daemon, port


def answers(port, count, source=None):
    """What `count` requests get, each from a port of its own, sent before any answer is read: until all have one, or none came for a second."""
    clients = [ntp.Client(HOST, port, source=source) for _ in range(count)]
    waiting, got = {client.socket: client for client in clients}, []
    try:
        for client in clients:
            client.send(ntp.request())
        while waiting and (ready := select.select(waiting, [], [], QUIET_S)[0]):
            got += [waiting.pop(one).receive(0) for one in ready]
        return [ntp.Answer(raw, 0, 0) for raw in got if raw]
    finally:
        for client in clients:
            client.__exit__()


def workers(daemon):
    return [pid for pid in proc.session_members(daemon.pid) if open(f"/proc/{pid}/comm").read().strip() == "utcd-serve"]


def test_access_list_by_longest_prefix(lab):
    deny_all_but = [{"nets": ["0.0.0.0/0", "::/0"], "action": "deny"}, {"nets": ["127.0.0.0/8"], "action": "allow"}, {"nets": ["127.0.0.2"], "action": "kiss"}]
    daemon, port = start(lab, utcd.ONE_PROCESS, access=deny_all_but)
    assert len(answers(port, 5)) == 5
    kisses = answers(port, 32, source="127.0.0.2")
    assert [(a.stratum, a.refid) for a in kisses] == [(0, b"DENY")] * 2
    verdicts = daemon.counters()[1]
    assert (verdicts["denied"], verdicts["deny_kiss"]) == (30, 2)


@pytest.mark.parametrize("count", [1, 2])
def test_NTP_26_a_limit_counts_once_over_ports_and_workers(lab, count):
    daemon, port = start(lab, ntp_keys={"workers": count}, rate_limit={"rate": 1, "burst": 20, "kiss": 0, "leak": 0})
    assert len(workers(daemon)) == count
    assert 19 <= len(answers(port, 200, source="127.0.0.9")) <= 22
    assert len(answers(port, 10, source="127.0.0.8")) == 10
    assert daemon.counters()[1]["rate_limited"] >= 178


def test_interleaved_mode_goes_on_with_whichever_worker(lab):
    """Each request comes from a port of its own, so that the workers take turns by chance: with a memory of its own each would know half of the departures. A
    few may be asked for before they are known, more where the machine is busy."""
    _, port = start(lab, ntp_keys={"workers": 2})
    receive, modes = 0, []
    for _ in range(100):
        transmit, heard = os.urandom(8), os.urandom(8)
        request = ntp.request(origin=receive)[:32] + heard + transmit
        with ntp.Client(HOST, port, source="127.0.0.3") as client:
            client.send(request)
            answer = ntp.Answer(client.receive(), 0, 0)
        modes.append({transmit: "basic", heard: "interleaved"}[answer.origin])
        receive = answer.receive
    assert modes[:2] == ["basic"] * 2 and modes.count("interleaved") >= 70


def test_workers_answer_all_and_come_back(lab):
    daemon, port = start(lab, ntp_keys={"workers": 2})
    assert len(answers(port, 100)) == 100
    first, second = workers(daemon)
    os.kill(second, signal.SIGSTOP)
    assert 10 <= len(answers(port, 100)) <= 90, "both have a share"
    os.kill(second, signal.SIGCONT)
    os.kill(first, signal.SIGKILL)
    assert len(answers(port, 100)) == 100, "what waits for a dead worker is answered by the next one"
    proc.wait_for(lambda: len(workers(daemon)) == 2 and first not in workers(daemon))
    assert second in workers(daemon)
    assert daemon.counters()[0] >= 200


def test_no_second_program_shares_the_port_of_workers(lab):
    daemon, port = start(lab, ntp_keys={"workers": 2})
    other = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"], "workers": 2}}, utcd.PROCESSES, name="other")
    assert other.wait(2) == ADDRESS and "another program listens there" in other.log()
    assert len(answers(port, 20)) == 20


def test_busy_polling_answers_and_stops(lab):
    daemon, port = start(lab, ntp_keys={"busy_poll": True})
    assert len(answers(port, 20)) == 20
    daemon.stop()
