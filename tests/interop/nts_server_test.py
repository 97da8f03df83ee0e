"""Our NTS server with real clients: chronyd, ntpsec, openssl s_client; and what no decent client does."""

import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import ssl
import struct
import subprocess
import time

import pytest

from lib import certificate, http, ntp, peers, proc, utcd
from lib.nts import source

HOST = "127.0.0.1"


def record(kind, body=b"", critical=True):
    return struct.pack("!HH", kind | (0x8000 if critical else 0), len(body)) + body


PROTOCOL, ALGORITHM, END = record(1, b"\0\0"), record(4, b"\0\x0f"), record(0)
REQUEST = PROTOCOL + ALGORITHM + END


def records(data):
    found = []
    while data:
        kind, size = struct.unpack("!HH", data[:4])
        found.append((kind & 0x7FFF, data[4:4 + size]))
        data = data[4 + size:]
    return found


class Server:
    def __init__(self, lab, mode, name, local=utcd.LOCAL, config=(), more_listen=(), prefix=(), **nts):
        self.authority = certificate.Authority(lab.dir, f"ca-{name}")
        self.certificate, self.private_key = self.authority.sign(f"server-{name}")
        self.port, self.ke_port = proc.free_port(), proc.free_port()
        self.daemon = lab.utcd({**dict(config), "local": local, "ntp": {"listen": [f"{HOST}:{self.port}", *more_listen]},
                                "nts": {"listen": [f"{HOST}:{self.ke_port}"], "certificate": str(self.certificate), "private_key": str(self.private_key), **nts}},
                               mode, name=name, prefix=prefix)
        self.daemon.wait_answering(HOST, self.port)
        proc.wait_for(self.reachable, what=self.daemon.log)

    def reachable(self):
        try:
            return bool(self.establish())
        except (OSError, ssl.SSLError):
            return False

    def context(self, alpn=("ntske/1",)):
        context = ssl.create_default_context(cafile=str(self.authority.pem))
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    def establish(self, message=REQUEST, alpn=("ntske/1",), timeout=3):
        """The records of the answer."""
        with socket.create_connection((HOST, self.ke_port), timeout=timeout) as plain, self.context(alpn).wrap_socket(plain, server_hostname="localhost") as tls:
            tls.sendall(message)
            data = b""
            while chunk := tls.recv(65536):
                data += chunk
            return records(data)


@pytest.fixture(scope="module", params=utcd.MODES)
def nts(request, session_lab):
    server = Server(session_lab, request.param, f"nts-{request.param}")
    yield server
    server.daemon.stop()


def test_eight_cookies_and_the_port(nts):
    answer = nts.establish()
    assert answer[0] == (1, b"\0\0") and answer[1] == (4, b"\0\x0f") and answer[-1] == (0, b"")
    assert (7, struct.pack("!H", nts.port)) in answer
    cookies = [body for kind, body in answer if kind == 5]
    assert len(cookies) == 8 == len(set(cookies)) and {len(c) for c in cookies} == {88}


@pytest.mark.parametrize("mode", utcd.MODES)
def test_the_port_that_is_told_moves_along_with_the_listener(lab, mode):
    """Keys that come with the port of yesterday are of no use."""
    nts = Server(lab, mode, "moves")
    port = proc.free_port()
    nts.daemon.config_path.write_text(json.dumps({**nts.daemon.config, "ntp": {"listen": [f"{HOST}:{port}"]}}))
    assert nts.daemon.ctl("reload").returncode == 0
    assert (7, struct.pack("!H", port)) in nts.establish()


ELSEWHERE = "127.0.0.2"


@pytest.mark.parametrize("mode", utcd.MODES)
def test_clients_go_where_they_are_sent(lab, mode):
    """Keys come from one address and port, the time from another: what the server says is done by chronyd and by us, and nothing is asked where it was not said."""
    port = proc.free_port()
    nts = Server(lab, mode, "sends", {"stratum": 5, "error": "1ms"}, more_listen=(f"{ELSEWHERE}:{port}",), ntp_server=ELSEWHERE, ntp_port=port)
    answer = nts.establish()
    assert (6, ELSEWHERE.encode()) in answer and (7, struct.pack("!H", port)) in answer
    asked = lambda: nts.daemon.counters()[1].get("answered", 0)
    before = asked()
    assert abs(peers.chronyd_query(lab.dir, "localhost", 123, f"nts ntsport {nts.ke_port}", f"ntstrustedcerts {nts.authority.pem}")) < 0.01
    assert asked() > before
    client = lab.utcd({"sources": [source(nts.ke_port)], "nts": {"trusted_certificates": str(nts.authority.pem)}}, mode, name="client")
    client.wait_synchronised(20)
    assert f"time from {ELSEWHERE}:{port}" in client.log() and client.status()["sources"][0]["address"] == f"{ELSEWHERE}:{port}"


def test_chronyd_sends_us_elsewhere(lab):
    authority, ke_port = certificate.Authority(lab.dir, "ca-elsewhere"), proc.free_port()
    pem, private = authority.sign("elsewhere")
    chronyd = lab.start(peers.Chronyd, "elsewhere", lines=("local stratum 3", f"ntsport {ke_port}", f"ntsservercert {pem}", f"ntsserverkey {private}", "ntsprocesses 1",
                                                           f"ntsntpserver {HOST}")).wait_serving()
    client = lab.utcd({"sources": [source(ke_port)], "nts": {"trusted_certificates": str(authority.pem)}})
    client.wait_synchronised(20)
    assert f"time from {HOST}:{chronyd.port}" in client.log()


def test_chronyd_learns_by_nts(lab, nts):
    offset = peers.chronyd_query(lab.dir, "localhost", 123, f"nts ntsport {nts.ke_port}", f"ntstrustedcerts {nts.authority.pem}")
    assert abs(offset) < 0.01
    assert nts.daemon.counters()[1].get("nts_nak", 0) == 0


def test_chronyd_stays_for_many_polls(lab, nts):
    """Each answer brings the next cookie, so one key establishment is enough."""
    client = lab.start(peers.Chronyd, "client", lines=(f"server localhost nts ntsport {nts.ke_port} iburst minpoll -2 maxpoll 0", "makestep 0 0",
                                                       f"ntstrustedcerts {nts.authority.pem}"))
    before = nts.daemon.counters()[1].get("answered", 0)
    client.wait_serving()
    proc.wait_for(lambda: nts.daemon.counters()[1]["answered"] >= before + 16, 20, what=client.log)
    assert set(nts.daemon.counters()[1]) <= {"answered"}


def test_ntpsec_learns_by_nts(lab):
    neighbour = lab.neighbour()
    authority = certificate.Authority(lab.dir, "ca-ntpsec")
    pem, private = authority.sign("server-ntpsec", f"IP:{neighbour.ours},DNS:{neighbour.ours}")
    server = lab.utcd({"local": {"stratum": 10, "error": "1ms", "public": True}, "ntp": {"listen": [f"{neighbour.ours}:123"]},
                       "nts": {"listen": [f"{neighbour.ours}:4460"], "certificate": str(pem), "private_key": str(private)}}, utcd.PROCESSES)
    server.wait_answering(neighbour.ours, 123)
    client = lab.start(peers.Ntpsec, neighbour, lines=["restrict 127.0.0.1", f"nts ca {authority.pem}", f"server {neighbour.ours} nts iburst minpoll 3"])

    def reached():
        rows = [row[1:].split() for row in peers.ntpq(neighbour, "-pnu").splitlines()[2:]]
        return any(row[0] == neighbour.ours and row[6] not in ("0", "") for row in rows if len(row) > 6)
    proc.wait_for(reached, 25, every=0.5, what=lambda: client.log() + peers.ntpq(neighbour, "-pnu"))
    assert set(server.counters()[1]) <= {"answered"}


def test_openssl_s_client(nts):
    done = proc.run(["openssl", "s_client", "-connect", f"{HOST}:{nts.ke_port}", "-alpn", "ntske/1", "-CAfile", nts.authority.pem, "-verify_return_error",
                     "-verify_hostname", "localhost"])
    assert "ALPN protocol: ntske/1" in done.stdout and "TLSv1.3" in done.stdout and "Verify return code: 0" in done.stdout


def test_KE_14_neither_tickets_nor_early_data(nts):
    """Nothing could be repeated: no session can be taken up again, so no early data can be sent with it."""
    done = proc.run(["openssl", "s_client", "-connect", f"{HOST}:{nts.ke_port}", "-alpn", "ntske/1", "-CAfile", nts.authority.pem, "-sess_out", "/dev/null"])
    assert "TLSv1.3" in done.stdout and "New Session Ticket" not in done.stdout
    assert "Early data was not sent" in done.stdout and "Max Early Data:" not in done.stdout


def gnutls(nts, *options):
    done = proc.run(["gnutls-cli", "--alpn", "ntske/1", "--x509cafile", nts.authority.pem, "-p", str(nts.ke_port), *options, "localhost"])
    assert "Handshake was completed" in done.stdout and "ntske/1" in done.stdout, done.stdout + done.stderr
    return done.stdout


def test_gnutls_cli(nts):
    """Of the two shares that it sends, as chrony does, the one that costs less is taken, not the first; where there is one, that one."""
    assert "(ECDHE-X25519)" in gnutls(nts)
    assert "(ECDHE-SECP256R1)" in gnutls(nts, "--priority", "NORMAL:-GROUP-ALL:+GROUP-SECP256R1")


# ---- KE of the bank ----

def test_KE_01_plain_http_is_closed(nts):
    with socket.create_connection((HOST, nts.ke_port), timeout=6) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try:
            while plain.recv(4096):
                pass
        except ConnectionResetError:
            pass
    assert nts.establish()


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-tls1_2"])
def test_KE_02_older_versions_are_refused(nts, version):
    done = proc.run(["openssl", "s_client", "-connect", f"{HOST}:{nts.ke_port}", "-alpn", "ntske/1", version, "-cipher", "ALL:@SECLEVEL=0"])
    assert done.returncode != 0 and re.search("protocol version", done.stderr), done.stderr


def test_KE_03_alpn(nts):
    assert nts.establish(alpn=()) == []
    with pytest.raises(ssl.SSLError, match="(?i)no application protocol"):
        nts.establish(alpn=("http/1.1",))
    assert nts.establish(alpn=("http/1.1", "h2", "ntske/1"))[0] == (1, b"\0\0")


def test_KE_04_silence_and_one_byte_a_second(nts):
    began = time.monotonic()
    with socket.create_connection((HOST, nts.ke_port), timeout=12) as silent, socket.create_connection((HOST, nts.ke_port), timeout=12) as slow:
        slow.sendall(b"\x16")
        assert silent.recv(1) == b"" and time.monotonic() - began < 7
        try:
            while slow.recv(1):
                slow.sendall(b"\x03")
        except ConnectionError:
            pass
        assert time.monotonic() - began < 11


def half_open(port, count, addresses):
    """Connections that say half of a hello, from 127.1.0.1 and the following."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 200)), hard))
    for i in range(min(count, hard - 200)):
        one = socket.create_connection((HOST, port), timeout=20, source_address=(f"127.1.{i % addresses >> 8}.{i % addresses & 255 or 1}", 0))
        with contextlib.suppress(OSError):      # it was cut already
            one.sendall(b"\x16\x03\x01\x02\x00\x01")
        yield one


@pytest.mark.parametrize("addresses", [5000, 1], ids=["from_5000_addresses", "from_one_address"])
def test_KE_05_silent_connections_do_not_lock_out(nts, addresses):
    """More than the table holds: a fresh client still gets its cookies at once. What "at once" is on a machine with nothing else to do: bench/nts.py."""
    idle = []
    try:
        idle.extend(half_open(nts.ke_port, 5000, addresses))
        assert len(nts.establish(timeout=10)) > 8
        assert ntp.ask(HOST, nts.port)
    finally:
        for one in idle:
            one.close()
    assert nts.establish()


def test_KE_05_one_network_cuts_its_own(nts):
    """Whoever fills the table loses his own connections, not those of others."""
    idle = []
    with socket.create_connection((HOST, nts.ke_port), timeout=20) as other:
        try:
            idle.extend(half_open(nts.ke_port, 1500, 1))
            with nts.context().wrap_socket(other, server_hostname="localhost") as tls:
                tls.sendall(REQUEST)
                assert records(tls.recv(65536))[0] == (1, b"\0\0")
        finally:
            for one in idle:
                one.close()


UPDATES = """
import ctypes, socket, sys
ssl = ctypes.CDLL("libssl.so.3")
for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
    getattr(ssl, name).restype = ctypes.c_void_p
context = ctypes.c_void_p(ssl.SSL_CTX_new(ctypes.c_void_p(ssl.TLS_client_method())))
ssl.SSL_CTX_set_alpn_protos(context, b"\\7ntske/1", 8)
session = ctypes.c_void_p(ssl.SSL_new(context))
plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
ssl.SSL_set_fd(session, plain.fileno())
assert ssl.SSL_connect(session) == 1
print("established", flush=True)
while ssl.SSL_key_update(session, 0) == 1 and ssl.SSL_do_handshake(session) == 1:
    pass
print("cut", flush=True)
"""


def test_KE_05_updates_of_keys_without_end(nts):
    """TLS 1.3 allows them at any time: who sends nothing else is cut off soon, and nobody waits for him."""
    for _ in range(4):
        with subprocess.Popen(["/usr/bin/python3", "-c", UPDATES, str(nts.ke_port)], stdout=subprocess.PIPE, text=True) as attacker:
            try:
                assert attacker.stdout.readline() == "established\n"
                began = time.monotonic()
                assert nts.establish() and time.monotonic() - began < 1
                attacker.wait(3)      # by SIGPIPE or an error; the deadline would be 10 s
            finally:
                attacker.kill()


def test_KE_08_a_hello_that_says_it_is_long_takes_no_memory(lab):
    """As long as OpenSSL takes them, of which nine bytes have come, or a whole record."""
    nts = Server(lab, utcd.PROCESSES, "long")
    resident = lambda: int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{nts.daemon.roles()['ke']}/status").read_text()).group(1))
    before = resident()
    hello = b"\x16\x03\x01" + struct.pack("!H", 16000) + b"\x01" + (131000).to_bytes(3, "big")
    with contextlib.ExitStack() as opened:
        for rest in (b"", bytes(15996)):
            for _ in range(200):
                client = opened.enter_context(socket.create_connection((HOST, nts.ke_port)))
                with contextlib.suppress(OSError):      # cut off already
                    client.sendall(hello + rest)
        assert nts.establish()
        assert resident() - before < 16 * 1024


def test_KE_05_few_descriptors_are_a_small_table(lab):
    """Where the system gives fewer descriptors than the table has places, it is the table that is small: silent connections lock nobody out there either."""
    nts = Server(lab, utcd.PROCESSES, "few", prefix=["prlimit", "--nofile=80:80"])
    ke = nts.daemon.roles()["ke"]

    def cpu_s():
        user, system = pathlib.Path(f"/proc/{ke}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    idle = []
    try:
        idle.extend(half_open(nts.ke_port, 150, 150))
        began, cpu = time.monotonic(), cpu_s()
        assert len(nts.establish(timeout=2)) > 8
        time.sleep(max(0, began + 1 - time.monotonic()))
        assert cpu_s() - cpu < 0.3, "it spins"
    finally:
        for one in idle:
            one.close()
    assert nts.establish()


ERRORS = {
    "KE_06_no_protocol": (ALGORITHM + END, 1), "KE_06_protocol_twice": (PROTOCOL + PROTOCOL + ALGORITHM + END, 1),
    "KE_06_odd_body": (record(1, b"\0\0\0") + ALGORITHM + END, 1), "KE_06_empty_body": (record(1) + ALGORITHM + END, 1),
    "KE_07_unknown_critical": (record(0x1000) + REQUEST, 0), "KE_09_algorithm_twice": (PROTOCOL + ALGORITHM + ALGORITHM + END, 1),
    "KE_08_a_record_of_64_KiB": (PROTOCOL + struct.pack("!HH", 0x4000, 65535) + b"x" * 100, 1),
    "KE_08_more_than_16_KiB": (PROTOCOL + record(0x4000, b"x" * 8000, False) * 3, 1),
}


@pytest.mark.parametrize("message, code", ERRORS.values(), ids=ERRORS)
def test_errors(nts, message, code):
    assert nts.establish(message) == [(2, struct.pack("!H", code)), (0, b"")]


def test_KE_07_unknown_record_is_ignored(nts):
    assert len([1 for kind, _ in nts.establish(record(0x1000, b"x", False) + REQUEST) if kind == 5]) == 8


def test_KE_09_unknown_algorithms(nts):
    assert nts.establish(PROTOCOL + record(4, b"\0\x1e\0\x01") + END) == [(1, b"\0\0"), (4, b""), (0, b"")]


def test_KE_13_an_end_without_close_notify_is_no_request(nts):
    with socket.create_connection((HOST, nts.ke_port), timeout=3) as plain:
        tls = nts.context().wrap_socket(plain, server_hostname="localhost")
        tls.sendall(PROTOCOL)
        socket.socket(fileno=tls.detach()).close()
    assert nts.establish()


# ---- certificates ----

def test_NTS_17_cookie_keys_that_cannot_be_kept_are_named(lab):
    nts = Server(lab, utcd.PROCESSES, "unkept", cookie_key_file=str(lab.dir / "nowhere" / "ring"))
    problem = nts.daemon.wait_status(lambda s: s["problems"])["problems"][0]
    assert (problem["id"], problem["subject"]) == ("not-saved", "nts.cookie_key_file"), problem
    assert nts.establish()


def test_NTS_17_a_folder_made_after_the_start_is_named(lab):
    """It stays closed to the confined program, and its file would be tried for ever without a word why."""
    folder = lab.dir / "later"
    nts = Server(lab, utcd.PROCESSES, "shut", cookie_key_file=str(folder / "keys"))
    unsaved = lambda s: [p for p in s["problems"] if p["id"] == "not-saved"]
    first = unsaved(nts.daemon.wait_status(unsaved))[0]
    assert "closed" not in first["sentence"], first
    folder.mkdir(mode=0o700)
    nts.daemon.wait_status(lambda s: not unsaved(s) or "stays closed" in unsaved(s)[0]["sentence"], timeout=20)
    if (folder / "keys").exists():
        return  # this kernel has no Landlock
    time.sleep(11)
    assert nts.daemon.log().count(f"{folder}/keys was made after the start and stays closed to this program: restart the daemon") == 1, nts.daemon.log()


def test_NTS_17_cookie_keys_are_kept_as_soon_as_they_can_be(lab):
    """Told once however often it is tried, and once when it works; their age is that of the keys, not of the file."""
    folder = lab.dir / "ring"
    folder.mkdir(mode=0o700)
    folder.chmod(0o777)
    began = time.time()
    nts = Server(lab, utcd.PROCESSES, "late", cookie_key_file=str(folder / "keys"))
    unsaved = lambda s: [p for p in s["problems"] if p["id"] == "not-saved"]
    nts.daemon.wait_status(unsaved)
    time.sleep(16)
    assert nts.daemon.log().count("others may write in its directory") == 1, nts.daemon.log()
    folder.chmod(0o700)
    nts.daemon.wait_status(lambda s: not unsaved(s), timeout=20)
    assert nts.daemon.log().count("is written again") == 1, nts.daemon.log()
    turned = struct.unpack_from("!Q", (folder / "keys").read_bytes(), 12)[0] / 1e9
    assert began - 1 < turned < began + 10
    time.sleep(11)
    assert nts.daemon.log().count("nts.cookie_key_file") == 2, nts.daemon.log()


def test_KE_15_reload_takes_a_whole_pair_or_none(lab):
    nts = Server(lab, utcd.PROCESSES, "reload")
    other = certificate.Authority(lab.dir, "ca-other")
    pem, private = other.sign("other")
    serial = lambda: proc.run(["openssl", "s_client", "-connect", f"{HOST}:{nts.ke_port}", "-alpn", "ntske/1"]).stdout.count("test ca-other")
    kept = nts.private_key.read_bytes()
    nts.private_key.write_bytes(private.read_bytes())
    nts.daemon.signal(signal.SIGHUP)
    proc.wait_for(lambda: "is not the key of the certificate; the certificate in use stays" in nts.daemon.log(), what=nts.daemon.log)
    assert nts.establish() and serial() == 0
    refused = lambda s: [p for p in s["problems"] if p["id"] == "certificate-refused"]
    assert "is not the key of the certificate" in refused(nts.daemon.wait_status(refused))[0]["sentence"]
    nts.certificate.write_bytes(pem.read_bytes())
    nts.daemon.signal(signal.SIGHUP)
    proc.wait_for(lambda: serial() > 0, what=nts.daemon.log)
    nts.daemon.wait_status(lambda s: not refused(s))
    assert kept.decode() not in nts.daemon.log()


@pytest.mark.parametrize("mode", utcd.MODES)
def test_KE_15_utcctl_reload_tells_that_a_pair_is_refused(lab, mode):
    """Who renews it with a hook that ends in `utcctl reload` learns by its exit code that clients go on being shown the one before."""
    nts = Server(lab, mode, "unfit")
    kept = nts.private_key.read_bytes()
    _, private = certificate.Authority(lab.dir, "ca-other").sign("other")
    nts.private_key.write_bytes(private.read_bytes())
    began = time.monotonic()
    done = nts.daemon.ctl("reload")
    assert done.returncode == 3 and time.monotonic() - began < 2, done
    assert re.search(r"^nts.certificate is refused: .*is not the key of the certificate; what was good before stays in use$", done.stderr, re.MULTILINE), done.stderr
    assert nts.establish() and "changed: nothing" in done.stderr
    done = nts.daemon.ctl("reload", "--json")
    assert done.returncode == 3 and not json.loads(done.stdout)["done"]
    assert not [p for p in nts.daemon.status()["problems"] if p["id"] == "reload-refused"]
    nts.private_key.write_bytes(kept)
    assert nts.daemon.ctl("reload").returncode == 0
    helper = nts.daemon.roles()["ke"] if mode == utcd.PROCESSES else None
    if helper:      # one that does not look holds nobody up for long
        os.kill(helper, signal.SIGSTOP)
        done = nts.daemon.ctl("reload")
        os.kill(helper, signal.SIGCONT)
        assert done.returncode == 0 and "was not looked at yet" in done.stdout and time.monotonic() - began < 30


@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_hung_key_establishment_does_not_hold_up_the_end(lab, mode):
    nts = Server(lab, mode, "stopped")
    helper = next(pid for pid in proc.session_members(nts.daemon.pid) if b"simple-utcd-ke\0server" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(helper, signal.SIGSTOP)
    began = time.monotonic()
    assert nts.daemon.stop() == 0 and time.monotonic() - began < 15


@pytest.mark.parametrize("mode", utcd.MODES)
def test_KE_15_utcctl_reload_takes_a_renewed_pair(lab, mode):
    """As a renewal leaves them: other bytes below the same names, a configuration that says what it said. `systemctl reload` is this."""
    nts = Server(lab, mode, "renewed")
    pem, private = certificate.Authority(lab.dir, "ca-other").sign("other")
    nts.private_key.write_bytes(private.read_bytes())
    nts.certificate.write_bytes(pem.read_bytes())
    done = nts.daemon.ctl("reload")
    assert done.returncode == 0, done.stderr
    shown = lambda: proc.run(["openssl", "s_client", "-connect", f"{HOST}:{nts.ke_port}", "-alpn", "ntske/1"]).stdout
    proc.wait_for(lambda: "test ca-other" in shown(), what=nts.daemon.log)
    taken = f"the certificate of {nts.certificate} is used from now on, and good until 20"
    assert nts.daemon.log().count(taken) == 2, nts.daemon.log()
    assert nts.daemon.ctl("reload").returncode == 0 and "test ca-other" in shown() and nts.daemon.log().count(taken) == 2, nts.daemon.log()


def test_KE_16_private_key_that_others_may_read(lab):
    """NTS is not served, and it is said why; the time is served all the same."""
    authority, port = certificate.Authority(lab.dir), proc.free_port()
    pem, private = authority.sign("server")
    private.chmod(0o644)
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]},
                       "nts": {"listen": [f"{HOST}:{proc.free_port()}"], "certificate": str(pem), "private_key": str(private)}}, utcd.PROCESSES)
    proc.wait_for(lambda: "chmod 600" in daemon.log(), what=daemon.log)
    assert daemon.wait_answering(HOST, port)


def test_ke_is_started_again_and_cookies_stay_good(lab):
    """The ring lives in the parent's memory: a client's cookies outlive the program that made them."""
    nts = Server(lab, utcd.PROCESSES, "restart")
    client = lab.start(peers.Chronyd, "client", lines=(f"server localhost nts ntsport {nts.ke_port} iburst minpoll -2 maxpoll 0",
                                                       f"ntstrustedcerts {nts.authority.pem}"))
    client.wait_serving()
    first = nts.daemon.roles()["ke"]
    proc._kill(first)
    proc.wait_for(lambda: nts.daemon.roles().get("ke", first) != first and nts.reachable(), what=nts.daemon.log)
    before = nts.daemon.counters()[1]["answered"]
    proc.wait_for(lambda: nts.daemon.counters()[1]["answered"] >= before + 4, 15)
    assert set(nts.daemon.counters()[1]) <= {"answered"}


@pytest.mark.parametrize("mode", utcd.MODES)
def test_cookies_outlive_a_restart_of_the_daemon(lab, mode):
    """The ring is in a file: no client has to establish keys again, and none is told that its cookie is unknown."""
    kept = lab.dir / "cookie-keys"
    nts = Server(lab, mode, "kept", cookie_key_file=str(kept))
    client = lab.start(peers.Chronyd, "client", lines=(f"server localhost nts ntsport {nts.ke_port} iburst minpoll -2 maxpoll 0",
                                                       f"ntstrustedcerts {nts.authority.pem}"))
    client.wait_serving()
    assert kept.stat().st_mode & 0o777 == 0o600
    before = kept.read_bytes()
    nts.daemon.stop()
    again = lab.utcd(nts.daemon.config, mode, name="kept")
    again.wait_answering(HOST, nts.port)
    proc.wait_for(lambda: again.counters()[1].get("answered", 0) >= 8, 20, what=client.log)
    assert set(again.counters()[1]) <= {"answered", "nts_not_ready"} and kept.read_bytes() == before
    assert "cookie_key_file" not in again.log()


BAD_RINGS = {"empty": (b"", "it is empty"), "truncated": (b"utcdring" + bytes(50), "not the length"), "zeroes": (bytes(184), "no file of cookie keys"),
             "damaged": (b"utcdring" + bytes(176), "is damaged"), "readable_by_others": (None, "chmod 600"), "of_another_user": (None, "")}     # root without its right to pass is refused by the system already


@pytest.mark.parametrize("name, content, words", [(name, *row) for name, row in BAD_RINGS.items()], ids=BAD_RINGS)
def test_NTS_17_a_file_of_cookie_keys_that_cannot_be_believed(lab, name, content, words):
    """It is told and replaced: new keys, never zero ones."""
    kept = lab.dir / "cookie-keys"
    kept.write_bytes(b"x" if content is None else content)
    kept.chmod(0o644 if name == "readable_by_others" else 0o600)
    if name == "of_another_user":
        if os.geteuid() != 0:
            pytest.skip("giving a file away takes root")
        os.chown(kept, 12345, 12345)
    nts = Server(lab, utcd.PROCESSES, "kept", cookie_key_file=str(kept))
    assert words in nts.daemon.log() and "new cookie keys are made" in nts.daemon.log(), nts.daemon.log()
    assert nts.establish()
    held = kept.read_bytes()
    rows = [held[20 + 36 * i:56 + 36 * i] for i in range(4)]
    assert len(held) == 184 and (kept.stat().st_mode & 0o777, kept.stat().st_uid) == (0o600, os.geteuid())
    assert [any(row[4:]) for row in rows if any(row[:4])] == [True]


def ring_file(keys):
    """A whole file of cookie keys: number and key of each row."""
    rows = b"".join(struct.pack("!I", number) + key for number, key in keys)
    content = b"utcdring" + struct.pack("!IQ", max(number for number, _ in keys), time.time_ns()) + rows
    return content + hashlib.sha1(content).digest()


def test_NTS_18_planted_secrets_are_nowhere(lab):
    """Keys whose bytes are known go through the daemon; no log, status, metric, page or file of the run directory has them, in any spelling. Core files:
    system/secrets_test.py."""
    secrets = {number: os.urandom(32) for number in (4, 5, 6, 7)}
    kept, keys = lab.dir / "cookie-keys", lab.dir / "keys"
    kept.write_bytes(ring_file(sorted(secrets.items())))
    secrets["symmetric"] = os.urandom(32)
    keys.write_text(f"1 SHA256 HEX:{secrets['symmetric'].hex()}\n")
    for file in (kept, keys):
        file.chmod(0o600)
    web = proc.free_port()
    nts = Server(lab, utcd.PROCESSES, "planted", config={"http": {"listen": [f"{HOST}:{web}"]}, "keys": {"file": str(keys)}, "log": {"target": "stderr", "level": "debug"}}, cookie_key_file=str(kept))
    cookies = [body for kind, body in nts.establish() if kind == 5]
    assert {cookie[0] for cookie in cookies} == {7}, "the planted ring is not in use"
    peers.chronyd_query(lab.dir, "localhost", 123, f"nts ntsport {nts.ke_port}", f"ntstrustedcerts {nts.authority.pem}")
    said = [nts.daemon.ctl(*words).stdout for words in (("status",), ("status", "--json"), ("sources", "--json"), ("clients",))]
    pages = [http.get(web, path) for path in ("/", "/metrics", "/readyz", "/v1/now")]
    assert pages[1].status == 200 and "simple_utcd_nts_handshakes_granted_total" in pages[1].text
    said += [page.text for page in pages]
    nts.daemon.stop()
    said.append(nts.daemon.log())
    said += [file.read_bytes().decode("latin-1") for file in lab.dir.rglob("*")
             if file.is_file() and file not in (kept, keys, nts.private_key) and file.suffix != ".key"]
    secrets["private"] = base64.b64decode("".join(nts.private_key.read_text().splitlines()[1:-1]))[36:68]
    for name, secret in secrets.items():
        for spelt in (secret.decode("latin-1"), secret.hex(), secret.hex().upper(), base64.b64encode(secret).decode()[:40]):
            assert not any(spelt in text for text in said), f"a secret was told: {name}"


def test_ke_has_no_right_and_a_filter(lab):
    """Its system calls are the list's; what becomes of a call outside it is shown by src/host/sandbox_test.c."""
    nts = Server(lab, utcd.PROCESSES, "filter")
    if any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")):
        pytest.skip("instrumented builds confine nothing")
    status = dict(line.rstrip("\n").split(":\t", 1) for line in open(f"/proc/{nts.daemon.roles()['ke']}/status") if ":\t" in line)
    assert all(int(status[which], 16) == 0 for which in ("CapEff", "CapPrm", "CapInh", "CapAmb"))
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert os.getpriority(os.PRIO_PROCESS, nts.daemon.roles()["ke"]) == os.getpriority(os.PRIO_PROCESS, nts.daemon.roles()["serve"]) + 5, "time is answered first"


@pytest.mark.parametrize("own", [None, "glibc.malloc.tcache_count=9"], ids=["ours", "operators"])
def test_ke_keeps_blocks_of_memory_at_hand(lab, own):
    """By glibc's tunable, which it heeds at a start only; what an operator has set stays."""
    linker = re.search(r"(/\S*/ld-linux\S*)", proc.run(["ldd", utcd.BUILD / "simple-utcd-ke"]).stdout)
    if not linker:
        pytest.skip("another C library than glibc")
    nts = Server(lab, utcd.PROCESSES, "memory", prefix=["env", f"GLIBC_TUNABLES={own}"] if own else ())
    tunables = lambda role: re.findall(r"(?:^|\0)GLIBC_TUNABLES=([^\0]*)", pathlib.Path(f"/proc/{nts.daemon.roles()[role]}/environ").read_text())
    assert tunables("ke") == [own or "glibc.malloc.tcache_count=127"]
    assert tunables("core") == ([own] if own else [])
    heard = proc.run([linker.group(1), "--list-tunables"], env={"GLIBC_TUNABLES": tunables("ke")[0]}).stdout
    assert re.search(rf"^glibc.malloc.tcache_count: {9 if own else 127:#x} ", heard, re.MULTILINE), heard


def test_only_ke_has_a_tls_library():
    """Where time is kept and served there are libc and libm, and libyaml and nettle when they are not linked in."""
    def libraries(program):
        return set(re.findall(r"^\s*(lib\w+)\S* =>", proc.run(["ldd", utcd.BUILD / program]).stdout, re.MULTILINE)) - {"libasan", "libubsan", "libgcc_s"}
    assert {"libc"} <= libraries("simple-utcd") <= {"libc", "libm", "libyaml", "libnettle"}
    assert {"libssl", "libcrypto"} <= libraries("simple-utcd-ke")
    assert not {"libssl", "libcrypto"} & (libraries("utcctl") | libraries("simple-utcd-resolve"))
