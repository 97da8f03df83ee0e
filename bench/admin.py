#!/usr/bin/python3
"""What operations cost: /metrics of the daemon with all the sources it can have, and of its HTTP program with a thousand of them; whether scraping that is felt
by NTP clients; utcctl status; how soon and how heavy the page for people is."""

import argparse
import contextlib
import os
import socket
import subprocess
import threading
import time

import lab
import rivals
from lab import proc, utcd
from lib import browser, http
from rivals import Goal

SOURCES = 16        # ENGINE_SOURCES_MAX of src/engine/options.h
MANY = 1000         # sources of bench/admin-many
RATE = "20000"      # NTP requests a second
PAGE = ("/", "/status.css", "/status.js", "/status.svg")


def ms_of(work, count):
    """How long each of `count` calls took, in milliseconds."""
    taken = []
    for _ in range(count):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1e3)
    return taken


def daemon_with_sources(directory):
    """The daemon, asking 16 addresses of a server of ours."""
    upstream = rivals.ours(directory, listen=("0.0.0.0",), local={**utcd.LOCAL, "error": "1ms", "public": True})
    server = proc.Process("upstream", upstream.argv, directory)
    proc.wait_for(upstream.ready, 20)
    config = {"sources": [utcd.source(upstream.port, f"127.0.1.{i + 1}") for i in range(SOURCES)], "http": {"listen": [f"127.0.0.1:{(port := proc.free_port())}"]},
              "ntp": {"listen": [f"127.0.0.1:{proc.free_port()}"]}}
    daemon = utcd.Utcd(directory, config, utcd.PROCESSES, name="measured")
    daemon.wait_synchronised(30)
    daemon.http = port
    proc.wait_for(lambda: "Your time is good." in http.get(port, "/").text, 30)
    return daemon, server


class Many:
    """The HTTP program with a thousand sources."""

    def __init__(self, directory):
        self.http = proc.free_port()
        (directory / "many").mkdir()
        self.process = proc.Process("many", [utcd.BUILD / "bench/many-sources", utcd.BUILD / "bench/admin-many", self.http, directory / "many"], directory)
        proc.wait_for(self.ready, 20, what=self.process.log)

    def ready(self):
        with contextlib.suppress(OSError):
            return len(http.get(self.http, "/metrics").body) > 1e6


def read_metrics(port, place=bytearray(1 << 22)):
    """To the end, as a scraper does that has room for it all."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        s.sendall(f"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        at = memoryview(place)
        while (n := s.recv_into(at)):
            at = at[n:]


def scrape(process, port, count):
    """(milliseconds as the scraper sees them, milliseconds of processor time a scrape, series, bytes)."""
    before = rivals.used(process.pid)[0]
    taken = ms_of(lambda: read_metrics(port), count)
    cpu_ms = (rivals.used(process.pid)[0] - before) / 1e6 / count
    body = http.get(port, "/metrics").body
    return taken, cpu_ms, sum(not line.startswith(b"#") for line in body.splitlines()), len(body)


def p50_us(server, directory, seconds, port=None):
    """NTP's median latency at RATE; port: of what is scraped meanwhile, once a second."""
    stop = threading.Event()

    def scrapes():
        while not stop.wait(1):
            http.get(port, "/metrics")
    thread = threading.Thread(target=scrapes)
    if port:
        thread.start()
    run = rivals.measure(server, ["--rate", RATE, "--seconds", seconds], directory)
    stop.set()
    if port:
        thread.join()
    return run["p50_us"]


def first_paint(url, count, directory):
    """(milliseconds from the navigation to the first contentful paint), each in a tab of its own."""
    chromium = browser.Browser(directory)
    taken = []
    for _ in range(count):
        page = chromium.page()
        page.open(url)
        proc.wait_for(lambda page=page: page.evaluate("performance.getEntriesByName('first-contentful-paint').length"), 20)
        taken.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        page.close()
    chromium.stop()
    return taken


def status_ms(daemon, count):
    """The command as a person waits for it: from its start to its end."""
    argv = [str(utcd.UTCCTL), "status", "--socket", str(daemon.socket_path)]
    return ms_of(lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, check=True), count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=50, help="scrapes, and calls of utcctl (default 50)")
    parser.add_argument("--rounds", type=int, default=7, help="runs of NTP load with and without scraping, in turn (default 7)")
    parser.add_argument("--seconds", default="3", help="of each (default 3)")
    asked = parser.parse_args()
    directory = proc.scratch()
    try:
        daemon, upstream = daemon_with_sources(directory)
        real, real_cpu, real_series, real_bytes = scrape(daemon, daemon.http, asked.count)
        status = status_ms(daemon, asked.count)
        paint = first_paint(f"http://127.0.0.1:{daemon.http}/", 7, directory)
        weight = sum(len(http.get(daemon.http, path).body) for path in PAGE)
        daemon.stop()
        upstream.stop()
        many = Many(directory)
        crowd, crowd_cpu, crowd_series, crowd_bytes = scrape(many.process, many.http, asked.count)
        server = rivals.ours(directory)
        turns = [(p50_us(server, directory, asked.seconds), p50_us(server, directory, asked.seconds, many.http)) for _ in range(asked.rounds)]
        many.process.stop()
    finally:
        proc.remove(directory)
    alone, scraped = zip(*turns)
    felt = [with_it / without for without, with_it in turns]
    rows = ["| what | median (min-max) | processor | series | bytes |", "| --- " * 5 + "|",
            f"| `/metrics` of the daemon with {SOURCES} sources | {lab.spread(real, ' ms', 1)} | {real_cpu:.1f} ms | {real_series} | {real_bytes} |",
            f"| `/metrics` with {MANY} sources | {lab.spread(crowd, ' ms', 1)} | {crowd_cpu:.1f} ms | {crowd_series} | {crowd_bytes} |",
            f"| NTP's p50 at {RATE}/s, nobody scrapes | {lab.spread(alone, ' us', 1)} | | | |",
            f"| the same, {MANY} sources are scraped each second | {lab.spread(scraped, ' us', 1)} | | | |",
            f"| `utcctl status`, start to end | {lab.spread(status, ' ms', 1)} | | | |",
            f"| the page's first contentful paint in Chromium | {lab.spread(paint, ' ms', 0)} | | | |",
            f"| the page with style, script and icon | | | | {weight} |", ""]
    goals = [Goal(f"/metrics with {MANY} sources, ms", crowd, 20, None, False),
             Goal("NTP's p50 while that is scraped, of alone", felt, 1.05, None, False),
             Goal("utcctl status, ms", status, 10, None, False),
             Goal("first contentful paint, ms", paint, 500, None, False),
             Goal("weight of the page, kB", [weight / 1000], 100, None, False)]
    rows += rivals.goals_table(goals)
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    rows += ["", f"The daemon has {SOURCES} sources at most. The {MANY} are those of the same HTTP program built for as many (`bench/admin-many`), which asks a stand-in for "
             f"core (`bench/many_sources.c`); it runs at nice 10, as always. Load of the machine {load}."]
    lab.write("admin", "Metrics, status and the page", "\n".join(rows))
    return 0 if not any("missed" in rivals.verdict(goal) for goal in goals) else 1


if __name__ == "__main__":
    raise SystemExit(main())
