"""HTTP: health, time and metrics, and what browsers, attackers and broken programs send. CTL-05 to CTL-13 of the bad inputs."""

import contextlib
import os
import pathlib
import resource
import shutil
import signal
import socket
import time

import pytest

from lib import http, ntp, proc, utcd

HOST = "127.0.0.1"
MANY = 1000        # four times the places there are
INSTRUMENTED = any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_"))


def with_http(lab, config=None, mode=utcd.PROCESSES, prefix=(), **more):
    port, ntp_port = proc.free_port(), proc.free_port()
    config = {"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{ntp_port}"]}, "http": {"listen": [f"{HOST}:{port}"], **more}, **(config or {})}
    daemon = lab.utcd(config, mode, prefix=prefix)
    daemon.port, daemon.http = ntp_port, port
    wait_started(daemon)
    return daemon


def wait_started(daemon):
    def look():
        assert daemon.running(), daemon.log()
        with contextlib.suppress(OSError):
            return http.get(daemon.http, "/startupz").status == 200
    proc.wait_for(look, 30, what=daemon.log)


@pytest.fixture(scope="module")
def shared(session_lab):
    daemon = with_http(session_lab, hosts=["time.example.org"])
    yield daemon
    daemon.stop()


# ---- what it is for ----

@pytest.mark.parametrize("mode", utcd.MODES)
def test_it_answers_in_both_modes_and_ends_with_the_daemon(lab, mode):
    daemon = with_http(lab, mode=mode)
    assert http.get(daemon.http, "/livez").json() == {"status": "pass"}
    assert f"http://{HOST}:{daemon.http}/ in a browser" in daemon.log()
    daemon.stop()
    assert daemon.left_behind == []


def test_ready_says_why_not(shared):
    reply = http.get(shared.http, "/readyz")
    assert reply.status == 503
    assert reply.json() == {"status": "fail", "notes": ["the clock: local, no source is configured", reply.json()["notes"][1]]}
    assert "above http.ready_max_error, 100 ms" in reply.json()["notes"][1]


def test_ready_when_synchronised_and_the_bound_is_small(lab, good_chronyd):
    daemon = with_http(lab, {"sources": [utcd.source(good_chronyd.port)]}, ready_max_error="10s")
    proc.wait_for(lambda: http.get(daemon.http, "/readyz").status == 200, 20, what=lambda: http.get(daemon.http, "/readyz").text)


def test_now_is_an_interval_around_utc(shared):
    before = shared.status()["clock"]
    now = http.get(shared.http, "/v1/now").json()
    after = shared.status()["clock"]
    assert before["utc_ns"] <= now["utc_ns"] <= after["utc_ns"]
    assert now["earliest_ns"] <= now["utc_ns"] <= now["latest_ns"]
    assert now["status"] == "local" and now["usable"] and now["tai_minus_utc_s"] == before["tai_minus_utc_s"]


def test_head_has_the_fields_without_the_body(shared):
    reply = http.get(shared.http, "/v1/now", method="HEAD")
    assert reply.status == 200 and reply.body == b"" and int(reply.fields["content-length"]) > 100


def test_answers_are_not_kept_guessed_at_or_framed(shared):
    for path in ("/metrics", "/livez", "/v1/now", "/nothing"):
        fields = http.get(shared.http, path).fields
        assert fields["cache-control"] == "no-store" and fields["x-content-type-options"] == "nosniff" and fields["connection"] == "close"
        assert "default-src 'none'" in fields["content-security-policy"]


def test_the_process_comes_back_and_core_may_die_meanwhile(lab):
    daemon = with_http(lab)
    for role in ("admin", "core", "admin"):
        os.kill(daemon.roles()[role], signal.SIGKILL)
        wait_started(daemon)
    series = 'simple_utcd_process_restarts_total{process="admin"}'
    proc.wait_for(lambda: http.metrics(daemon.http).get(series) == 2, 20, what=lambda: http.get(daemon.http, "/metrics").text)
    assert ntp.ask(HOST, daemon.port, timeout=1).usable


def test_a_core_that_hangs_is_told_and_time_goes_on(lab):
    daemon = with_http(lab)
    os.kill(daemon.roles()["core"], signal.SIGSTOP)
    try:
        proc.wait_for(lambda: http.metrics(daemon.http)["simple_utcd_core_up"] == 0, 30)
        assert "has said nothing for" in http.get(daemon.http, "/readyz").text
        assert ntp.ask(HOST, daemon.port, timeout=1).usable
    finally:
        os.kill(daemon.roles()["core"], signal.SIGCONT)


def test_a_port_that_is_taken_costs_the_page_not_the_time(lab):
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{(port := proc.free_port())}"]},
                           "http": {"listen": [f"{HOST}:{taken.getsockname()[1]}"]}}, utcd.PROCESSES)
        daemon.wait_answering(HOST, port)
        proc.wait_for(lambda: "no page and metrics on" in daemon.log(), what=daemon.log)
        status = daemon.wait_status(lambda s: "not-listening" in [p["id"] for p in s["problems"]])
        problem = next(p for p in status["problems"] if p["id"] == "not-listening")
        assert f":{taken.getsockname()[1]}: the address is already in use" in problem["sentence"]


def test_a_program_that_is_missing_costs_the_page_not_the_time(lab):
    tree = lab.dir / "tree"
    (tree / "meson-private").mkdir(parents=True)        # it looks for the others beside itself, as in any build tree
    for program in ("simple-utcd", "simple-utcd-resolve"):
        shutil.copy2(utcd.BUILD / program, tree)
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{port}"]}, "http": {"listen": [f"{HOST}:{proc.free_port()}"]}}, utcd.PROCESSES,
                      daemon=tree / "simple-utcd")
    daemon.wait_answering(HOST, port)
    assert "simple-utcd-admin is missing; time is served all the same" in daemon.log()
    assert "admin" not in daemon.roles() and "in a browser" not in daemon.log()


@pytest.mark.skipif(INSTRUMENTED, reason="instrumented builds confine nothing")
def test_the_program_has_no_right_no_file_and_no_socket_but_its_own(shared):
    pid = shared.roles()["admin"]
    status = dict(line.rstrip("\n").split(":\t", 1) for line in open(f"/proc/{pid}/status") if ":\t" in line)
    assert all(int(status[which], 16) == 0 for which in ("CapEff", "CapPrm", "CapInh", "CapAmb"))
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    assert os.listdir(f"/proc/{pid}/root") == []
    assert "libmicrohttpd" in open(f"/proc/{pid}/maps").read()
    assert all("libmicrohttpd" not in open(f"/proc/{other}/maps").read() for role, other in shared.roles().items() if role != "admin")


# ---- CTL-05, 06, 08, 11: requests that are none ----

GOOD = b"Host: localhost\r\n"
REFUSED = {
    "CTL-05 request line of 64 KiB": (b"GET /" + b"a" * 65536 + b" HTTP/1.1\r\n" + GOOD + b"\r\n", {414}),
    "CTL-05 request line that never ends": (b"GET /" + b"a" * 65536, {414}),
    "CTL-05 1000 fields": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"".join(b"X%d: y\r\n" % i for i in range(1000)) + b"\r\n", {431}),
    "CTL-05 a field of 64 KiB": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"X: " + b"y" * 65536 + b"\r\n\r\n", {431}),
    "CTL-05 a line without colon": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"nothing\r\n\r\n", {400}),
    "CTL-05 bare LF": (b"GET /livez HTTP/1.1\nHost: localhost\n\n", {400}),
    "CTL-05 bare LF in a field": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"X: a\nY: b\r\n\r\n", {400}),
    "CTL-05 bare CR": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"X: a\rY: b\r\n\r\n", {400}),
    "CTL-05 NUL in the path": (b"GET /livez\0 HTTP/1.1\r\n" + GOOD + b"\r\n", {400}),
    "CTL-05 continued line": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"X: a\r\n b\r\n\r\n", {400}),
    "CTL-05 space before the colon": (b"GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n", {400}),
    "CTL-05 TLS": (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", {400}),
    "CTL-06 length twice": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello", {400}),
    "CTL-06 length below 0": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"Content-Length: -1\r\n\r\n", {400}),
    "CTL-06 length of 2^64": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"Content-Length: 18446744073709551616\r\n\r\n", {400, 413}),
    "CTL-06 length and chunks": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "CTL-06 chunks": (b"POST /livez HTTP/1.1\r\n" + GOOD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "CTL-06 a body": (b"GET /livez HTTP/1.1\r\n" + GOOD + b"Content-Length: 5\r\n\r\nhello", {400}),
    "CTL-08 up and away": (b"GET /../../etc/shadow HTTP/1.1\r\n" + GOOD + b"\r\n", {400, 404}),
    "CTL-08 escaped": (b"GET /%2e%2e%2f%2e%2e%2fetc/shadow HTTP/1.1\r\n" + GOOD + b"\r\n", {400, 404}),
    "CTL-08 a NUL by its escape": (b"GET /livez%00.html HTTP/1.1\r\n" + GOOD + b"\r\n", {400, 404}),
    "CTL-08 two slashes": (b"GET //livez HTTP/1.1\r\n" + GOOD + b"\r\n", {400, 404}),
    "CTL-08 backslashes": (b"GET /..\\..\\etc\\shadow HTTP/1.1\r\n" + GOOD + b"\r\n", {400, 404}),
    "CTL-08 an escaped path of ours": (b"GET /%6civez HTTP/1.1\r\n" + GOOD + b"\r\n", {404}),
    "CTL-11 TRACE": (b"TRACE /livez HTTP/1.1\r\n" + GOOD + b"\r\n", {405}),
    "CTL-11 OPTIONS": (b"OPTIONS * HTTP/1.1\r\n" + GOOD + b"\r\n", {405}),
    "CTL-11 CONNECT": (b"CONNECT localhost:22 HTTP/1.1\r\n" + GOOD + b"\r\n", {405}),
    "CTL-11 POST": (b"POST /livez HTTP/1.1\r\n" + GOOD + b"\r\n", {405}),
    "CTL-11 lower case": (b"get /livez HTTP/1.1\r\n" + GOOD + b"\r\n", {405, 501}),
    "CTL-11 HTTP/0.9": (b"GET /livez\r\n\r\n", {400, 505}),
    "CTL-11 HTTP/3.7": (b"GET /livez HTTP/3.7\r\n" + GOOD + b"\r\n", {400, 505}),
    "no Host": (b"GET /livez HTTP/1.1\r\n\r\n", {400}),
    "two Hosts": (b"GET /livez HTTP/1.1\r\n" + GOOD + GOOD + b"\r\n", {400}),
}


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: "test_" + name.replace(" ", "_").replace("-", "_"))
def test_CTL_05_CTL_06_CTL_08_CTL_11_is_refused_and_closed(shared, name):
    request, allowed = REFUSED[name]
    reply = http.Reply(http.raw(shared.http, request))
    assert reply.status in allowed, reply.raw
    assert reply.raw.count(b"HTTP/1.1 ") == 1       # one answer and the end, whatever followed the head
    assert reply.fields["connection"] == "close"


def test_CTL_06_what_follows_a_request_is_no_request(shared):
    one = b"GET /livez HTTP/1.1\r\n" + GOOD + b"\r\n"
    assert http.raw(shared.http, one + one).count(b"HTTP/1.1 200") == 1


def test_a_head_may_come_byte_by_byte(shared):
    with socket.create_connection((HOST, shared.http), timeout=10) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n":
            s.sendall(bytes([byte]))
            time.sleep(0.002)
        assert b"HTTP/1.1 200" in s.recv(4096)


# ---- browsers that were led here ----

@pytest.mark.parametrize("host, status", [("localhost", 200), ("[::1]:8037", 200), ("192.0.2.1", 200), ("time.example.org:8037", 200), ("evil.example.org", 421),
                                          ("localhost.evil.example.org", 421), ("", 421)])
def test_CTL_a_name_that_is_not_ours_is_refused(shared, host, status):
    assert http.get(shared.http, "/v1/now", Host=host).status == status


@pytest.mark.parametrize("origin, status", [("http://localhost:8037", 200), ("http://evil.example.org", 403), ("null", 403)])
def test_CTL_a_page_of_another_site_is_refused(shared, origin, status):
    reply = http.get(shared.http, "/v1/now", Origin=origin)
    assert reply.status == status and "access-control-allow-origin" not in reply.fields


# ---- CTL-07: many connections ----

def slow_head(port):
    s = socket.create_connection((HOST, port), timeout=10)
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
    return s


def slow_reader(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    s.settimeout(10)
    s.connect((HOST, port))
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return s


@pytest.mark.parametrize("kind", [slow_head, slow_reader], ids=["heads", "readers"])
def test_CTL_07_many_slow_connections_touch_nobody(lab, kind):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * MANY)), hard))
    daemon = with_http(lab)
    held = []
    try:
        for i in range(MANY):
            held.append(kind(daemon.http))
            if i % 100 == 0:
                assert ntp.ask(HOST, daemon.port, timeout=2).usable
        answers = [http.get(daemon.http, "/metrics") for _ in range(20)]
        assert all(reply.status == 200 and b"simple_utcd_core_up 1" in reply.body for reply in answers)
        assert all(ntp.ask(HOST, daemon.port, timeout=2).usable for _ in range(20))
        assert len(os.listdir(f"/proc/{daemon.roles()['admin']}/fd")) < 300
    finally:
        for s in held:
            s.close()


def test_CTL_07_few_descriptors_are_few_places(lab):
    """Where the system gives fewer descriptors than there are places: slow heads lock nobody out there either, and nothing spins."""
    daemon = with_http(lab, prefix=["prlimit", "--nofile=90:90"])
    admin = daemon.roles()["admin"]

    def cpu_s():
        user, system = pathlib.Path(f"/proc/{admin}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    held = [slow_head(daemon.http) for _ in range(200)]
    try:
        begun, cpu = time.monotonic(), cpu_s()
        assert http.get(daemon.http, "/metrics", timeout=2).status == 200
        time.sleep(max(0, begun + 1 - time.monotonic()))
        assert cpu_s() - cpu < 0.3, "it spins"
    finally:
        for s in held:
            s.close()


def test_CTL_07_slow_heads_have_a_deadline(shared):
    begun = time.monotonic()
    with slow_head(shared.http) as s:
        s.settimeout(60)
        with contextlib.suppress(ConnectionResetError):
            assert s.recv(100) == b""
    assert time.monotonic() - begun > 3


# ---- CTL-13 ----

def ask_from(address, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((address, 0))
        s.sendto(ntp.request(), (HOST, port))


def test_CTL_13_clients_make_no_series(shared):
    def series():
        return {name for name in http.metrics(shared.http) if "problem" not in name}     # what is wrong with this machine may be found meanwhile
    before = series()
    for i in range(200):
        ask_from(f"127.0.{i}.7", shared.port)
    proc.wait_for(lambda: http.metrics(shared.http)['simple_utcd_requests_total{service="NTP"}'] >= 200, 20)
    assert series() == before
