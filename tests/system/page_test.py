"""The page for people, in a real browser: what it says, that it stays live, that everybody can read it, and that it loads nothing from elsewhere."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess

import pytest

from lib import browser, http, ntp, peers, proc, utcd

HOST = "127.0.0.1"
STREAMS_MAX = 32            # ADMIN_STREAMS_MAX of src/admin/admin.h
WEIGHT_MAX = 100_000
AXE = peers.PEERS.parent / "web-test/node_modules/axe-core/axe.min.js"
SHAPES = {"light": {}, "dark": {"dark": True}, "narrow": {"width": 380}}


@pytest.fixture(scope="module")
def upstreams(session_lab):
    return [session_lab.start(peers.Chronyd, f"page-chronyd-{i}").wait_serving() for i in range(2)]


@pytest.fixture(scope="module")
def daemon(session_lab, upstreams):
    config = {"sources": [utcd.source(upstream.port, max_poll=-2) for upstream in upstreams], "ntp": {"listen": [f"{HOST}:{(ntp_port := proc.free_port())}"]},
              "leap": {"list": "/nowhere"}, # this machine's may have expired
              "http": {"listen": [f"{HOST}:{(port := proc.free_port())}"]}}
    daemon = session_lab.utcd(config, utcd.PROCESSES, name="with-page")
    daemon.http, daemon.port, daemon.url = port, ntp_port, f"http://{HOST}:{port}/"
    daemon.wait_synchronised(30)
    proc.wait_for(lambda: "Your time is good." in http.get(port, "/").text, 30, what=daemon.log)
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module")
def chromium(session_lab):
    chromium = session_lab.start(browser.Browser)
    yield chromium
    chromium.stop()


@pytest.fixture
def tab(chromium):
    """Opens tabs that are closed again: a browser lets all its tabs together have six connections to one place."""
    opened = []

    def open_tab(**kwargs):
        opened.append(chromium.page(**kwargs))
        return opened[-1]
    yield open_tab
    for page in opened:
        page.close()


@pytest.fixture
def page(tab):
    return tab()


def test_it_says_whether_the_time_is_good_how_good_and_from_whom(page, daemon):
    page.open(daemon.url)
    assert page.text("h1") == "Your time is good."
    assert "±" in page.text("#facts") and "2 of 2" in page.text("#facts")
    assert page.evaluate("document.querySelectorAll('#sources tr').length") == 2
    assert page.evaluate("[...document.querySelectorAll('#sources .state')].every(state => state.innerText === 'selected')")
    assert page.text("#problems") == "Nothing is wrong."
    proc.wait_for(lambda: page.text("#live") == "live", 30)
    paint = proc.wait_for(lambda: page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime"), 20)
    print(f"first contentful paint: {paint} ms")
    assert page.complaints() == []


def test_it_changes_by_itself_when_a_source_dies_and_comes_back(page, daemon, upstreams):
    page.open(daemon.url)
    page.evaluate("window.same = true")
    upstreams[1].signal(signal.SIGSTOP)
    try:
        proc.wait_for(lambda: "does not answer" in page.text("#problems"), 40, what=lambda: page.text("#problems"))
        proc.wait_for(lambda: "unreachable" in page.text("#sources"), 40)
        assert f"source {HOST}:{upstreams[1].port} does not answer" in page.text("#changes")
        assert "What to do" in page.text("#problems")
    finally:
        upstreams[1].signal(signal.SIGCONT)
    proc.wait_for(lambda: page.text("#problems") == "Nothing is wrong.", 40, what=lambda: page.text("#problems"))
    assert f"over: source {HOST}:{upstreams[1].port} does not answer" in page.text("#changes")
    proc.wait_for(lambda: page.evaluate("document.querySelectorAll('#plot polyline').length") == 2, 40)
    assert page.evaluate("window.same") and page.complaints() == []


def test_without_scripts_it_says_the_same(tab, daemon):
    page = tab(scripts=False)
    page.open(daemon.url)
    assert page.text("h1") == "Your time is good." and page.text("#live") == "as of when it was loaded"
    assert page.evaluate("document.querySelectorAll('#sources tr').length") == 2


@pytest.mark.parametrize("shape", SHAPES)
def test_everybody_can_read_it(tab, daemon, shape, tmp_path):
    page = tab(**SHAPES[shape])
    page.open(daemon.url)
    proc.wait_for(lambda: page.text("#live") == "live", 30)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(f"{AXE.read_text()};1")
    found = page.evaluate("axe.run().then(found => found.violations.map(v => [v.id, v.nodes.map(node => node.failureSummary)]))")
    assert found == []
    page.screenshot(tmp_path / f"{shape}.png")
    assert page.complaints() == []


def test_the_keyboard_reaches_everything(page, daemon):
    page.open(daemon.url)
    reached = []
    for _ in range(5):
        page.ask("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        page.ask("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(page.evaluate("document.activeElement.getAttribute('href') || document.activeElement.className"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == ["#main", "scroll", "/metrics", "/readyz", "/v1/now"]


def test_it_is_light_and_nothing_of_it_comes_from_elsewhere(daemon):
    replies = {path: http.get(daemon.http, path) for path in ("/", "/status.css", "/status.js", "/status.svg")}
    assert sum(len(reply.body) for reply in replies.values()) <= WEIGHT_MAX
    policy = replies["/"].fields["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert all(reply.fields["x-content-type-options"] == "nosniff" and reply.fields["referrer-policy"] == "no-referrer" for reply in replies.values())
    assert "://" not in replies["/"].text + replies["/status.css"].text + replies["/status.js"].text


# ---- event streams ----

def listen(port):
    s = socket.create_connection((HOST, port), timeout=20)
    s.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return s, s.recv(1 << 16)


def test_CTL_07_there_are_so_many_streams_and_no_more(daemon):
    with contextlib.ExitStack() as held:
        heads = []
        for _ in range(STREAMS_MAX):
            s, head = listen(daemon.http)
            held.enter_context(s)
            heads.append(head)
        refused = 0
        for _ in range(4):
            s, head = listen(daemon.http)
            held.enter_context(s)
            refused += head.startswith(b"HTTP/1.1 503 ")
        assert refused and heads[0].startswith(b"HTTP/1.1 200 ") and b"text/event-stream" in heads[0]
        assert http.get(daemon.http, "/").status == 200 and ntp.ask(HOST, daemon.port, timeout=2).usable
    proc.wait_for(lambda: streams_again(daemon.http), 30)


def streams_again(port):
    with contextlib.suppress(OSError):
        s, head = listen(port)
        s.close()
        return head.startswith(b"HTTP/1.1 200 ")


def test_CTL_07_readers_that_do_not_read_are_cut_and_cost_nobody_else_anything(lab):
    """All the streams there may be are held by readers that stopped reading: page and time are there all the same, and in the end nothing is held for them."""
    port, ntp_port = proc.free_port(), proc.free_port()
    dead = [utcd.source(proc.free_port()) for _ in range(16)] # so that there is much to tell, and buffers are soon full
    daemon = lab.utcd({"sources": dead, "local": utcd.LOCAL, "ntp": {"listen": [f"{HOST}:{ntp_port}"]}, "http": {"listen": [f"{HOST}:{port}"]}}, utcd.PROCESSES)
    proc.wait_for(lambda: "admin" in daemon.roles() and streams_again(port), 30, what=daemon.log)
    open_files = pathlib.Path(f"/proc/{daemon.roles()['admin']}/fd")
    before = len(list(open_files.iterdir()))
    with contextlib.ExitStack() as held:
        for _ in range(STREAMS_MAX - 1): # the one that was asked for a moment ago may not be over yet
            s = held.enter_context(socket.socket())
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
            s.settimeout(20)
            s.connect((HOST, port))
            s.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert s.recv(12) == b"HTTP/1.1 200"
        assert http.get(port, "/").status == 200 and ntp.ask(HOST, ntp_port, timeout=5)
        proc.wait_for(lambda: len(list(open_files.iterdir())) <= before, 90, every=0.25)
    assert streams_again(port)


def test_a_stream_goes_on_and_ends_with_its_program(lab):
    daemon = lab.utcd({"local": utcd.LOCAL, "http": {"listen": [f"{HOST}:{(port := proc.free_port())}"]}}, utcd.PROCESSES)
    proc.wait_for(lambda: daemon.status() is not None, 20, what=daemon.log)
    reader = subprocess.Popen(["curl", "-sN", f"http://{HOST}:{port}/v1/events"], stdout=subprocess.PIPE, text=True)
    lines = [line for line in (reader.stdout.readline() for _ in range(6)) if line.strip()]
    assert len(lines) == 3 and all(line.startswith('data: {"title":') for line in lines)
    daemon.stop()
    assert daemon.left_behind == [] and reader.wait(20) is not None
    reader.stdout.close()


def test_a_page_that_nobody_sees_holds_no_stream(page, daemon):
    page.open(daemon.url)
    proc.wait_for(lambda: page.text("#live") == "live", 30)
    show = "Object.defineProperty(document, 'hidden', {{configurable: true, value: {}}}); document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(show.format("true"))
    before = page.text("#facts")
    assert page.text("#live") == "waits until it is seen"
    page.evaluate("new Promise(done => setTimeout(done, 2500))")
    assert page.text("#facts") == before
    page.evaluate(show.format("false"))
    proc.wait_for(lambda: page.text("#live") == "live" and page.text("#facts") != before, 30)


def test_a_page_that_is_open_outlives_the_program_that_made_it(page, daemon):
    page.open(daemon.url)
    page.evaluate("window.same = true")
    proc.wait_for(lambda: page.text("#live") == "live", 30)
    os.kill(daemon.roles()["admin"], signal.SIGKILL)
    proc.wait_for(lambda: page.text("#live") == "connection lost, trying again", 20)
    proc.wait_for(lambda: page.text("#live") == "live" and page.text("h1") == "Your time is good.", 40, what=lambda: page.text("body"))
    assert page.evaluate("window.same")
    proc.wait_for(lambda: "the process admin ended and was started again" in page.text("#changes"), 20, what=lambda: page.text("body")) # its memory went on
