"""Another configuration while everything runs: what stays is not disturbed, what is wrong changes nothing, and whoever asked learns which."""

import json
import os
import signal
import socket
import threading
import time

import pytest

from lib import ntp, peers, proc, utcd

HOST = "127.0.0.1"
REFUSED = 3


def rewrite(daemon, **sections):
    """The daemon's file with other sections; None takes one out."""
    config = {k: v for k, v in {**daemon.config, **sections}.items() if v is not None}
    daemon.config_path.write_text(json.dumps(config, indent=1))
    daemon.config = config


def reload(daemon, **sections):
    rewrite(daemon, **sections)
    done = daemon.ctl("reload")
    assert done.returncode == 0, done.stderr + daemon.log()
    return done.stdout


def serving(lab, mode, chronyd=None, **more):
    port = proc.free_port()
    sources = [utcd.source(chronyd.port)] if chronyd else []
    daemon = lab.utcd({"sources": sources, **({} if chronyd else {"local": utcd.LOCAL}), "ntp": {"listen": [f"{HOST}:{port}"]}, **more}, mode)
    daemon.wait_answering(HOST, port)
    if chronyd:
        daemon.wait_synchronised()
    daemon.wait_status(lambda s: True)
    return daemon, port


@pytest.mark.parametrize("mode", utcd.MODES)
def test_nothing_changed_changes_nothing(lab, good_chronyd, mode):
    daemon, port = serving(lab, mode, good_chronyd)
    accepted = daemon.status()["sources"][0]["accepted"]
    assert reload(daemon) == "changed: nothing\n"
    after = daemon.status()
    assert after["sources"][0]["accepted"] >= accepted and after["clock"]["status"] == "synchronised"
    assert ntp.ask(HOST, port).usable and after["daemon"]["reloads"] == 1


@pytest.mark.parametrize("mode", utcd.MODES)
def test_CFG_07_an_error_changes_nothing_and_is_told_everywhere(lab, good_chronyd, mode):
    daemon, port = serving(lab, mode, good_chronyd)
    good = dict(daemon.config)
    rewrite(daemon, ntp={"listen": [f"{HOST}:{port}"], "dscpp": 3}, sources=[])
    done = daemon.ctl("reload")
    assert done.returncode == REFUSED and "dscpp" in done.stderr and str(daemon.config_path) in done.stderr
    assert json.loads(daemon.ctl("reload", "--json").stdout)["done"] is False
    status = daemon.status()
    found = next(p for p in status["problems"] if p["id"] == "reload-refused")
    assert "dscpp" in found["sentence"]
    assert "the old one stays in force" in daemon.log()
    assert status["clock"]["status"] == "synchronised" and len(status["sources"]) == 1 and ntp.ask(HOST, port).usable
    assert reload(daemon, **good) == "changed: nothing\n"
    assert not [p for p in daemon.status()["problems"] if p["id"] == "reload-refused"]


@pytest.mark.parametrize("mode", utcd.MODES)
def test_SIGHUP_reloads(lab, mode):
    daemon, port = serving(lab, mode)
    other = proc.free_port()
    rewrite(daemon, ntp={"listen": [f"{HOST}:{port}", f"{HOST}:{other}"]})
    daemon.signal(signal.SIGHUP)
    daemon.wait_answering(HOST, other)
    assert "configuration reloaded: ntp.listen" in proc.wait_for(lambda: "reloaded" in daemon.log() and daemon.log())


def test_a_watched_file_reloads_by_itself(lab):
    daemon, port = serving(lab, utcd.PROCESSES, process={"watch_config": True})
    other = proc.free_port()
    time.sleep(3)   # it has looked at the file once
    rewrite(daemon, ntp={"listen": [f"{HOST}:{port}", f"{HOST}:{other}"]})
    daemon.wait_answering(HOST, other, timeout=20)


def test_a_watched_file_is_taken_when_it_is_whole(lab):
    """Written slowly, as over a network, each beginning of the file may be a configuration of its own: nothing is taken before it lies still."""
    daemon, port = serving(lab, utcd.PROCESSES, process={"watch_config": True})
    other = proc.free_port()
    time.sleep(3)   # it has looked at the file once
    with daemon.config_path.open("w") as f:
        for i in range(12):
            f.write(f"# {i}\n")
            f.flush()
            time.sleep(0.5)
        f.write(json.dumps({**daemon.config, "ntp": {"listen": [f"{HOST}:{port}", f"{HOST}:{other}"]}}))
    daemon.wait_answering(HOST, other, timeout=20)
    assert "no longer served" not in daemon.log() and daemon.status()["daemon"]["reloads"] == 1


@pytest.mark.parametrize("mode", utcd.MODES)
def test_CFG_08_listeners_come_and_go(lab, mode):
    """A port more, another one instead, then TIME as well; what stays answers on and keeps its socket."""
    daemon, port = serving(lab, mode)
    other, time_port = proc.free_port(), proc.free_port()
    reload(daemon, ntp={"listen": [f"{HOST}:{port}", f"{HOST}:{other}"]})
    assert ntp.ask(HOST, port).usable and ntp.ask(HOST, other).usable
    reload(daemon, ntp={"listen": [f"{HOST}:{port}"]}, time={"listen": [f"{HOST}:{time_port}"]})
    assert ntp.ask(HOST, port).usable
    proc.wait_for(lambda: not ntp.ask(HOST, other, timeout=0.2), what="the old port still answers")
    with socket.create_connection((HOST, time_port), timeout=5) as s:
        assert len(s.recv(16)) == 4
    proc.wait_for(lambda: "no longer served" in daemon.log())


def test_a_client_becomes_a_server(lab, good_chronyd):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]}, utcd.PROCESSES)
    daemon.wait_synchronised()
    port = proc.free_port()
    reload(daemon, ntp={"listen": [f"{HOST}:{port}"]})
    daemon.wait_answering(HOST, port)
    proc.wait_for(lambda: "serve" in daemon.roles())


def test_several_workers_take_another_port(lab):
    first, second = proc.free_port(), proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{first}"], "workers": 3}}, utcd.PROCESSES)
    daemon.wait_answering(HOST, first)
    daemon.wait_status(lambda s: True)
    for port in (second, first, second):
        reload(daemon, ntp={"listen": [f"{HOST}:{port}"], "workers": 3})
        for _ in range(24):     # each from a port of its own: every worker has some
            assert ntp.ask(HOST, port)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_an_address_that_is_taken_refuses_all(lab, mode):
    daemon, port = serving(lab, mode)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HOST, 0))
        rewrite(daemon, ntp={"listen": [f"{HOST}:{port}", f"{HOST}:{taken.getsockname()[1]}"]}, local={"stratum": 5, "error": "1s"})
        done = daemon.ctl("reload")
    assert done.returncode == REFUSED and "in use" in done.stderr
    assert ntp.ask(HOST, port).stratum == 10
    reload(daemon, ntp={"listen": [f"{HOST}:{port}"]})
    assert ntp.ask(HOST, port).stratum == 5


@pytest.mark.parametrize("mode", utcd.MODES)
def test_sources_that_stay_keep_what_they_learnt(lab, good_chronyd, mode):
    second = lab.start(peers.Chronyd, "second").wait_serving()
    daemon, _ = serving(lab, mode, good_chronyd)
    kept = daemon.wait_status(lambda s: s["sources"][0]["accepted"] >= 5)["sources"][0]
    reload(daemon, sources=[utcd.source(second.port), utcd.source(good_chronyd.port, max_poll=1)])
    after = daemon.wait_status(lambda s: len(s["sources"]) == 2 and all(x["state"] == "selected" for x in s["sources"]))
    same = next(s for s in after["sources"] if s["name"] == kept["name"])
    assert same["accepted"] >= kept["accepted"] and after["clock"]["steps"] == 0
    reload(daemon, sources=[utcd.source(second.port)])
    alone = daemon.wait_status(lambda s: [x["name"] for x in s["sources"]] == [f"{HOST}:{second.port}"])
    assert alone["clock"]["status"] == "synchronised"
    assert f"{HOST}:{good_chronyd.port} is not asked any more" in daemon.log()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_access_and_limits_change_while_serving(lab, mode):
    daemon, port = serving(lab, mode)
    reload(daemon, access=[{"nets": ["127.0.0.0/8"], "action": "deny"}])
    proc.wait_for(lambda: not ntp.ask(HOST, port, timeout=0.2), what="still answered")
    assert "is not answered" in daemon.ctl("acl", "test", HOST).stdout
    reload(daemon, access=[{"nets": ["192.0.2.0/24"], "action": "deny"}], rate_limit={"rate": 1, "burst": 3, "leak": 0, "kiss": 0})
    proc.wait_for(lambda: ntp.ask(HOST, port, timeout=0.3), what="nobody is answered")
    assert sum(bool(ntp.ask(HOST, port, timeout=0.05)) for _ in range(12)) < 8
    reload(daemon, access=None, rate_limit=None)
    assert all(ntp.ask(HOST, port) for _ in range(12))


@pytest.mark.parametrize("mode", utcd.MODES)
def test_keys_are_read_anew(lab, mode):
    keys = lab.dir / "test.keys"
    keys.write_text("1 SHA256 HEX:" + "11" * 32 + "\n")
    keys.chmod(0o600)
    server, port = serving(lab, mode, keys={"file": str(keys)})
    theirs = lab.dir / "client.keys"
    theirs.write_text("2 SHA256 HEX:" + "22" * 32 + "\n")
    theirs.chmod(0o600)
    client = lab.utcd({"sources": [utcd.source(port, key=2)], "keys": {"file": str(theirs)}}, mode, name="client")
    client.wait_status(lambda s: s["sources"][0]["sent"] >= 2)
    assert client.status()["sources"][0]["accepted"] == 0
    keys.write_text("2 SHA256 HEX:" + "22" * 32 + "\n")
    reload(server)
    client.wait_status(lambda s: s["sources"][0]["accepted"] > 0, timeout=30)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_source_goes_on_by_the_keys_of_the_last_reload(lab, mode):
    """The table of the configuration before is gone by then, and the one after the next takes its place."""
    keys = {"server": lab.dir / "server.keys", "client": lab.dir / "client.keys"}

    def write(name, *lines):
        keys[name].write_text("".join(f"{line}\n" for line in lines))
        keys[name].chmod(0o600)
    old, new = "1 SHA256 HEX:" + "11" * 32, "1 SHA256 HEX:" + "22" * 32
    write("server", old)
    write("client", old)
    server, port = serving(lab, mode, keys={"file": str(keys["server"])}, local={"stratum": 10, "error": "1ms"})
    client = lab.utcd({"sources": [utcd.source(port, key=1)], "keys": {"file": str(keys["client"])}}, mode, name="client")
    client.wait_synchronised()
    assert reload(client) == "changed: nothing\n"
    for line in (new, old, new):
        write("server", line)
        write("client", line)
        assert reload(server) == reload(client) == "changed: keys.file\n"
        before = client.status()["sources"][0]["accepted"]
        client.wait_status(lambda s: s["sources"][0]["accepted"] >= before + 3)
    assert "SIGSEGV" not in client.log()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_what_takes_a_restart_is_named_and_the_rest_is_taken(lab, mode):
    daemon, port = serving(lab, mode)
    text = reload(daemon, local={"stratum": 7, "error": "1s"}, ntp={"listen": [f"{HOST}:{port}"], "put_ahead": True})
    assert "needs a restart: ntp.put_ahead" in text and "local.stratum" in text
    assert ntp.ask(HOST, port).stratum == 7
    assert [p["subject"] for p in daemon.status()["problems"] if p["id"] == "restart-needed"] == ["ntp.put_ahead"]


def test_a_core_that_dies_after_a_reload_goes_on_with_it(lab):
    daemon, port = serving(lab, utcd.PROCESSES)
    reload(daemon, local={"stratum": 6, "error": "1s"})
    core = daemon.roles()["core"]
    os.kill(core, signal.SIGKILL)
    proc.wait_for(lambda: daemon.roles().get("core") not in (None, core) and daemon.status(), what=daemon.log)
    assert ntp.ask(HOST, port).stratum == 6
    assert "changed: nothing" in reload(daemon)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_CFG_08_no_answer_is_lost(lab, good_chronyd, mode):
    """A steady stream of requests while sources, limits, access lists and another listener change 50 times."""
    daemon, port = serving(lab, mode, good_chronyd)
    base, lost, asked, stop = dict(daemon.config), [], [0], threading.Event()

    def load():
        while not stop.is_set():
            asked[0] += 1
            if not ntp.ask(HOST, port, timeout=2):
                lost.append(time.monotonic())
    thread = threading.Thread(target=load)
    thread.start()
    try:
        for i in range(50):
            changed = {"ntp": {**base["ntp"], "symmetric_reply": i % 2 == 0}, "rate_limit": {"rate": 1000000, "burst": 100000} if i % 3 else None,
                       "access": [{"nets": [f"192.0.2.{i}/32"], "action": "deny"}] if i % 4 else None,
                       "sources": [*base["sources"], *([utcd.source(1)] if i % 5 == 0 else [])]}
            if i % 10 == 0:
                changed["ntp"]["listen"] = [*base["ntp"]["listen"], f"{HOST}:{proc.free_port()}"]
            reload(daemon, **changed)
    finally:
        stop.set()
        thread.join()
    assert not lost and asked[0] > 100
    assert daemon.status()["daemon"]["reloads"] == 50
    assert daemon.status()["clock"]["status"] == "synchronised" and "initial step" not in daemon.log().partition("reloaded")[2]
