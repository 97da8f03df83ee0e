"""Our NTS client with real servers: chronyd, ntpsec, our own; servers whose certificate is no good; and that nothing is ever asked without NTS."""

import contextlib
import json
import os
import pathlib
import pwd
import signal
import socket
import struct
import time

import pytest

from lib import certificate, dns, peers, proc, sandbox, utcd
from lib.nts import NtsChronyd, our_server, source

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def chronyd(session_lab, authority):
    return NtsChronyd(session_lab, authority.sign("for-chronyd"))


def client(lab, authority, sources, mode=utcd.ONE_PROCESS, **kwargs):
    return lab.utcd({"sources": sources, "nts": {"trusted_certificates": str(authority.pem)}}, mode, **kwargs)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_learns_from_chronyd(lab, authority, chronyd, mode):
    """For many polls: each answer brings the next cookie."""
    daemon = client(lab, authority, [source(chronyd.ke_port)], mode)
    daemon.wait_synchronised()
    status = daemon.wait_status(lambda s: s["sources"][0]["accepted"] >= 16, 20)
    assert status["sources"][0]["verdicts"].keys() <= {"accepted", "delay"}
    assert daemon.log().count("gave 8 cookies") == 1


def test_learns_by_an_address_in_the_certificate(lab, authority, chronyd):
    client(lab, authority, [source(chronyd.ke_port, HOST)]).wait_synchronised()


def test_learns_from_ntpsec(lab, authority):
    neighbour = lab.neighbour()
    pem, private = authority.sign("for-ntpsec", f"IP:{neighbour.address}")
    lab.start(peers.Ntpsec, neighbour, lines=["nts enable", f"nts cert {pem}", f"nts key {private}", f"nts cookie {lab.dir}/cookies"]).wait_serving(1)
    daemon = client(lab, authority, [source(4460, neighbour.address, port=123)])
    daemon.wait_synchronised(20)
    daemon.wait_status(lambda s: s["sources"][0]["accepted"] >= 8, 20)


@pytest.mark.parametrize("mode", utcd.MODES)
def test_learns_from_us(lab, authority, mode):
    port, ke_port = proc.free_port(), proc.free_port()
    server = lab.utcd(our_server(authority.sign("for-us"), port, ke_port), mode, name="server")
    server.wait_answering(HOST, port)
    daemon = client(lab, authority, [source(ke_port)], mode, name="client")
    daemon.wait_synchronised(25)
    daemon.wait_status(lambda s: s["sources"][0]["accepted"] >= 8, 20)
    assert set(server.counters()[1]) == {"answered"}


def test_NTS_13_a_server_that_lost_its_keys_is_asked_for_new_ones(lab, authority):
    """It answers NTSN; a key establishment later it is a source as before, and no poll went without NTS."""
    pair = authority.sign("forgetful")
    server = NtsChronyd(lab, pair, "forgetful")
    daemon = client(lab, authority, [source(server.ke_port)])
    daemon.wait_status(lambda s: s["sources"] and s["sources"][0]["accepted"] >= 4, 15)
    server.daemon.stop()
    server = NtsChronyd(lab, pair, "forgetful-again", server.port, server.ke_port)
    daemon.wait_status(lambda s: s["sources"][0]["verdicts"].get("nts_nak", 0) >= 1, 20, "no NTSN came")
    before = daemon.status()["sources"][0]["accepted"]
    daemon.wait_status(lambda s: s["sources"][0]["accepted"] >= before + 4, 40, "no new keys")
    assert daemon.log().count("gave 8 cookies") == 2


BAD = {
    "expired": ({"days": ("-days", "-1")}, "expired"),
    "wrong_name": ({"subject_alt": "DNS:elsewhere.test"}, "mismatch"),
    "common_name_only": ({"subject_alt": "", "subject": "/CN=localhost"}, "mismatch"),
    "rsa_1024": ({"key": ("rsa", "rsa_keygen_bits:1024")}, "too weak"),
    "sha_1": ({"digest": "sha1"}, "too weak"),
    "partial_wildcard": ({"subject_alt": "DNS:local*"}, "mismatch"),
}


def serve_tls(lab, pem, private, *more):
    """openssl's server: it presents any certificate, whatever it is worth."""
    port = proc.free_port()
    lab.start(proc_of_openssl, ["s_server", "-accept", str(port), "-cert", str(pem), "-key", str(private), "-alpn", "ntske/1", "-quiet",
                                "-cipher", "ALL:@SECLEVEL=0", *more])
    proc.wait_for(lambda: takes_connections(port), what="openssl s_server does not listen")
    return port


def takes_connections(port, host=HOST):
    with socket.socket() as one:
        return one.connect_ex((host, port)) == 0


def proc_of_openssl(directory, argv):
    return proc.Process(f"openssl-{argv[2]}", ["openssl", *argv], directory)


@pytest.mark.parametrize("how, words", BAD.values(), ids=BAD)
def test_KE_12_certificates_that_are_refused(lab, how, words):
    authority = certificate.Authority(lab.dir)
    port = serve_tls(lab, *authority.sign("bad", **how))
    daemon = client(lab, authority, [source(port)])
    proc.wait_for(lambda: "no NTS keys from localhost" in daemon.log(), what=daemon.log)
    assert words in daemon.log(), daemon.log()
    assert daemon.status()["clock"]["status"] == "not synchronised"


def test_KE_12_self_signed_and_another_authority(lab, authority):
    other = certificate.Authority(lab.dir, "other")
    for pair in ((other.pem, lab.dir / "other.key"), other.sign("by-another")):
        port = serve_tls(lab, *pair)
        daemon = client(lab, authority, [source(port)], name=f"client-{port}")
        proc.wait_for(lambda: "no NTS keys from localhost" in daemon.log(), what=daemon.log)
        assert "self-signed" in daemon.log() or "unable to get local issuer" in daemon.log(), daemon.log()


@pytest.mark.parametrize("args, words", [(["-tls1_2"], "TLS 1.3"), (["-rev"], "is not whole")], ids=["tls_1_2", "nonsense"])
def test_KE_10_servers_that_do_not_speak_it(lab, authority, args, words):
    pem, private = authority.sign("odd")
    daemon = client(lab, authority, [source(serve_tls(lab, pem, private, *args))])
    proc.wait_for(lambda: "no NTS keys from localhost" in daemon.log(), 15, what=daemon.log)
    assert words in daemon.log(), daemon.log()


def test_NTS_12_no_plain_request_whatever_fails(lab, authority):
    """Key establishment is impossible, an NTP server would answer at the same address: it is never asked."""
    plain = lab.start(peers.Chronyd, "plain").wait_serving()
    daemon = client(lab, authority, [source(proc.free_port(), port=plain.port)])
    proc.wait_for(lambda: "no NTS keys from localhost: the server takes no connection; trying again in 16 s" in daemon.log(), what=daemon.log)
    daemon.wait_status(lambda s: any(p["id"] == "no-nts-keys" and "the server takes no connection" in p["sentence"] for p in s["problems"]))
    told = json.loads(daemon.ctl("explain", "localhost", "--json").stdout)
    assert (told["state"], told["reason"]) == ("keyless", "the server takes no connection") and "TCP" in told["fix"]
    assert "no source has given NTS keys yet" in daemon.ctl("status").stdout
    time.sleep(1)
    status = daemon.status()
    assert (status["sources"][0]["sent"], status["clock"]["status"]) == (0, "not synchronised")


@pytest.mark.parametrize("mode", utcd.MODES)
def test_the_end_takes_the_helper_along(lab, authority, mode):
    """A server that never speaks, and a helper that cannot hear the daemon's end: it is gone all the same."""
    with socket.create_server((HOST, 0)) as silent:
        daemon = client(lab, authority, [source(silent.getsockname()[1])], mode)
        helper = proc.wait_for(lambda: helper_of(daemon), what=daemon.log)
        os.kill(helper, signal.SIGSTOP)
        assert daemon.stop() == 0
    assert daemon.left_behind == []


def test_the_systems_authorities_are_found_behind_links(lab, authority, chronyd):
    """As distributions have them: a folder of links by hash, to files in another folder. They are looked for when TLS meets one, by the process that may do nothing else."""
    elsewhere, folder = lab.dir / "elsewhere", lab.dir / "certs"
    for made in (elsewhere, folder):
        made.mkdir()
    (elsewhere / "ours.crt").write_text(authority.pem.read_text())
    (folder / "ours.pem").symlink_to(elsewhere / "ours.crt")
    assert proc.run(["openssl", "rehash", folder]).returncode == 0
    lab.utcd({"sources": [source(chronyd.ke_port)]}, env={**os.environ, "SSL_CERT_DIR": str(folder), "SSL_CERT_FILE": "/nowhere"}).wait_synchronised(20)


def test_of_several_servers_of_one_name_the_one_that_is_heard_gives_new_keys(lab, authority):
    """The first was learnt from; the name leads to another one first when keys are needed again."""
    if not sandbox.isolated:
        pytest.skip(sandbox.why_not_isolated)
    first, second, port, ke_port = "127.0.0.2", "127.0.0.1", proc.free_port(), proc.free_port()
    config = our_server(authority.sign("several", "DNS:several.test"), port, ke_port, (first, second))
    with dns.Server() as names:
        names.several = [first]
        server = lab.utcd(config, name="server")
        server.wait_answering(second, port)
        daemon = client(lab, authority, [source(ke_port, "several.test", port=port, min_poll=3, max_poll=3)], prefix=dns.prefix(lab.dir))
        daemon.wait_status(lambda s: s["sources"] and s["sources"][0]["accepted"] >= 4, 20)
        names.several = [second, first]
        server.stop()
        lab.utcd(config, name="forgetful").wait_answering(second, port)
        proc.wait_for(lambda: daemon.log().count("gave 8 cookies") == 2, 40, what=daemon.log)
        assert daemon.log().count(f"time from {first}:{port}") == 2, daemon.log()


@pytest.mark.parametrize("args", [["-tls1_2"], None], ids=["another_tls", "silence"])
def test_an_address_that_gives_no_keys_is_passed_over_at_once(lab, authority, args):
    """The name leads first to a server that speaks no TLS 1.3, or that never speaks at all, then to a good one: there is no pause between them."""
    if not sandbox.isolated:
        pytest.skip(sandbox.why_not_isolated)
    bad, good, port, ke_port = "127.0.0.1", "127.0.0.2", proc.free_port(), proc.free_port()
    pem, private = authority.sign("passed-over", "DNS:several.test")
    lab.utcd(our_server((pem, private), port, ke_port, (good,)), name="server").wait_answering(good, port)
    with dns.Server() as names, contextlib.ExitStack() as rest:
        names.several = [bad, good]
        if args:
            lab.start(proc_of_openssl, ["s_server", "-accept", f"{bad}:{ke_port}", "-cert", str(pem), "-key", str(private), "-quiet", *args])
            proc.wait_for(lambda: takes_connections(ke_port, bad), what="openssl s_server does not listen")
        else:
            rest.enter_context(socket.create_server((bad, ke_port)))
        daemon = client(lab, authority, [source(ke_port, "several.test", port=port)], prefix=dns.prefix(lab.dir))
        daemon.wait_synchronised(14)
    assert "1 address(es) of several.test gave no NTS keys before another one did" in daemon.log(), daemon.log()
    assert "no NTS keys from" not in daemon.log(), daemon.log()


def test_each_address_is_asked_once_before_the_pause(lab, authority):
    """None of three gives keys: the reason of the first is told, and how many there were."""
    if not sandbox.isolated:
        pytest.skip(sandbox.why_not_isolated)
    hosts, ke_port = ["127.0.0.2", "127.0.0.3", "127.0.0.4"], proc.free_port()
    with dns.Server() as names, contextlib.ExitStack() as rest:
        names.several = hosts
        rude = [rest.enter_context(socket.create_server((host, ke_port))) for host in hosts]
        daemon = client(lab, authority, [source(ke_port, "several.test")], prefix=dns.prefix(lab.dir))
        for one in rude:
            one.settimeout(10)
            one.accept()[0].close()
        proc.wait_for(lambda: "no NTS keys from several.test" in daemon.log(), what=daemon.log)
        assert "(the first of 3 addresses, none of which gave keys); trying again in 16 s" in daemon.log(), daemon.log()
        for one in rude:
            one.settimeout(1)
            with pytest.raises(TimeoutError):
                one.accept()


def test_the_systems_authorities_in_many_folders(lab, authority, chronyd):
    """More than can be named one by one to who looks for them."""
    folder = lab.dir / "certs"
    folder.mkdir()
    for i in range(300):
        (lab.dir / f"elsewhere-{i}").mkdir()
        (folder / f"{i}.pem").symlink_to(lab.dir / f"elsewhere-{i}" / "one.crt")
        (lab.dir / f"elsewhere-{i}" / "one.crt").write_text(authority.pem.read_text() if i == 299 else "")
    assert proc.run(["openssl", "rehash", folder]).returncode == 0
    lab.utcd({"sources": [source(chronyd.ke_port)]}, env={**os.environ, "SSL_CERT_DIR": str(folder), "SSL_CERT_FILE": "/nowhere"}).wait_synchronised(20)


@pytest.mark.parametrize("prefix", [[], proc.failing("landlock_create_ruleset", "ENOSYS", "1+")], ids=["landlock", "no_landlock"])
def test_an_authority_that_the_system_does_not_know(lab, chronyd, prefix):
    """That is what is told, whatever the kernel keeps from who looks for it."""
    daemon = lab.utcd({"sources": [source(chronyd.ke_port)]}, prefix=prefix)
    proc.wait_for(lambda: "no NTS keys from localhost" in daemon.log(), what=daemon.log)
    assert "unable to get local issuer" in daemon.log(), daemon.log()


@pytest.mark.skipif(any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")), reason="instrumented builds confine nothing")
def test_what_the_kernel_does_not_offer_is_told_once(lab, authority, chronyd):
    """However many servers are asked; keys come all the same."""
    daemon = client(lab, authority, [source(chronyd.ke_port), source(chronyd.ke_port, HOST)], prefix=proc.failing("landlock_create_ruleset", "ENOSYS", "1+"))
    proc.wait_for(lambda: "gave 8 cookies" in daemon.log() and "another source is that server already" in daemon.log(), what=daemon.log)
    assert daemon.log().count("the process ke client runs without Landlock, which this system does not offer or not to this user") == 1, daemon.log()


@pytest.fixture
def link_local():
    """Gone again afterwards: with no other address than this the machine's names have none of IPv4 (AI_ADDRCONFIG)."""
    proc.run(["ip", "addr", "replace", "fe80::5/64", "dev", "lo", "nodad"], check=True)
    yield
    proc.run(["ip", "addr", "del", "fe80::5/64", "dev", "lo"], check=True)


@pytest.mark.skipif(not sandbox.isolated, reason="it takes an address of its own")
@pytest.mark.parametrize("spelt", ["name", "number"])
def test_a_server_by_its_link_local_address(lab, authority, link_local, spelt):
    """Key establishment and time; the certificate knows nothing of interfaces."""
    pem, private = authority.sign("link-local", "IP:fe80::5")
    port, ke_port = proc.free_port(), proc.free_port()
    lab.utcd({"local": {**utcd.LOCAL, "public": True}, "ntp": {"listen": [f"[fe80::5%lo]:{port}"]},
              "nts": {"listen": [f"[fe80::5%lo]:{ke_port}"], "certificate": str(pem), "private_key": str(private), "ntp_port": port}}, utcd.PROCESSES, name="server")
    daemon = client(lab, authority, [source(ke_port, f"fe80::5%{'lo' if spelt == 'name' else socket.if_nametoindex('lo')}")])
    daemon.wait_status(lambda s: s["sources"] and s["sources"][0]["reach"] & 1, 15)


def test_a_server_that_hangs_up(lab):
    """Before a word, and without hearing one: it is the server that is blamed."""
    with socket.create_server((HOST, 0)) as rude:
        daemon = lab.utcd({"sources": [source(rude.getsockname()[1])]})
        rude.settimeout(10)
        with rude.accept()[0] as accepted:
            accepted.shutdown(socket.SHUT_WR)
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    proc.wait_for(lambda: "no NTS keys from localhost" in daemon.log(), what=daemon.log)
    assert "the server does not take part in TLS 1.3" in daemon.log(), daemon.log()


def test_who_speaks_tls_can_do_nothing_else(lab, authority):
    """A server that never speaks, so that it can be looked at: no right, a filter, and beside what is said the connection and the way back alone."""
    if any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")):
        pytest.skip("instrumented builds confine nothing")
    with socket.create_server((HOST, 0)) as silent:
        daemon = client(lab, authority, [source(silent.getsockname()[1])])
        silent.settimeout(10)
        with silent.accept()[0] as accepted:
            assert accepted.recv(65536), "TLS begins"
            pids = [pid for pid in proc.session_members(daemon.pid) if b"simple-utcd-ke" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
            status = {pid: dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line) for pid in pids}
            assert all(int(words[which], 16) == 0 and words["NoNewPrivs"] == "1" for words in status.values() for which in ("CapEff", "CapPrm", "CapInh", "CapAmb"))
            confined = [pid for pid, words in status.items() if words["Seccomp"] == "2"]
            assert len(confined) == 1 and len(pids) == 3, status
            if os.geteuid() == 0:
                assert len([fd for fd in os.listdir(f"/proc/{confined[0]}/fd") if int(fd) > 2]) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="to become another user takes root")
def test_nobody_who_hears_from_outside_is_root(lab, authority):
    """The daemon is root's, and has process.user: who looks names up, who connects and who speaks TLS are that user, though files of trust are root's alone."""
    nobody, found = pwd.getpwnam("nobody"), {}
    lab.dir.chmod(0o755)
    authority.pem.chmod(0o600)
    with socket.create_server((HOST, 0)) as silent:
        daemon = lab.utcd({"process": {"user": "nobody", "run_dir": str(lab.dir / "run")}, "nts": {"trusted_certificates": str(authority.pem)},
                           "sources": [source(silent.getsockname()[1]), utcd.source(proc.free_port(), "localhost")]}, utcd.PROCESSES)
        silent.settimeout(10)
        with silent.accept()[0] as accepted:
            assert accepted.recv(65536), "TLS begins"

            def look():
                for pid in proc.session_members(daemon.pid):
                    with contextlib.suppress(OSError):      # it may end while we look
                        name = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
                        words = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
                        found.setdefault(name, set()).add((int(words["Uid"].split()[0]), int(words["Gid"].split()[0]), int(words["CapEff"], 16)))
                return "simple-utcd-resolve" in found
            proc.wait_for(look, what=lambda: str(found))
    him = (nobody.pw_uid, nobody.pw_gid, 0)
    assert found["simple-utcd-resolve"] == {him}
    assert him in found["simple-utcd-ke"] and len(found["simple-utcd-ke"]) == 2, "all but the one that starts them"


def helper_of(daemon):
    """Its pid once it is a program of its own; not that of the child which asks for it."""
    for pid in proc.session_members(daemon.pid):
        with contextlib.suppress(OSError):      # it may end while we look
            parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if parent == daemon.pid and b"simple-utcd-ke" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
    return None


@pytest.mark.parametrize("words", [{"pool": "localhost", "server": ""}, {"key": 1}, {"version": 3}])
def test_what_does_not_go_together(lab, authority, words):
    daemon = client(lab, authority, [{k: v for k, v in {**source(4460), **words}.items() if v != ""}])
    assert daemon.wait(3) == 3 and "sources[0].nts" in daemon.log(), daemon.log()
