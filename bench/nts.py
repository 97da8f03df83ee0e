#!/usr/bin/python3
"""What authenticated time costs: NTS requests and MACs beside plain ones and beside chronyd, the CPU of a key establishment, and whether a flood of key
establishments is felt by those who ask for the time.

All take turns within every round; judged are ratios within a round. Generator and server have a CPU each."""

import argparse
import contextlib
import hashlib
import json
import os
import struct
import subprocess
import time

import lab
import rivals
from rivals import CHRONYD, HOST, Goal, proc, ratios, utcd
from lib import certificate

UTCD = "simple-utcd"
KEY = bytes(range(32))
MADE = 8192
HALF = 10000
MODERATE = ["--rate", "20000", "--spin", "1"]


class Servers:
    """Ours and chronyd with NTS and one certificate."""

    def __init__(self, directory):
        self.pem, self.private = certificate.Authority(directory).sign("server")
        keys = directory / "keys"
        keys.write_text(f"1 SHA256 HEX:{KEY.hex()}\n")
        keys.chmod(0o600)
        self.ke = {UTCD: proc.free_port(), CHRONYD: proc.free_port()}
        self.server = {
            UTCD: rivals.ours(directory, nts={"listen": [f"{HOST}:{self.ke[UTCD]}"], "certificate": str(self.pem), "private_key": str(self.private)},
                              keys={"file": str(keys)}),
            CHRONYD: self.chronyd(directory),
        }

    def chronyd(self, directory):
        server = rivals.chronyd(directory)
        with open(directory / "chrony.conf", "a") as config:
            config.write(f"ntsport {self.ke[CHRONYD]}\nntsservercert {self.pem}\nntsserverkey {self.private}\nntsprocesses 1\n")
        return server


def sealed(port):
    """Requests of NTS made ahead, for `load --made`."""
    def look():
        done = subprocess.run([utcd.BUILD / "bench/seal", HOST, str(port), "--count", str(MADE)], capture_output=True)
        return done.returncode == 0 and done.stdout
    return proc.wait_for(look, what="no keys could be established")


def with_mac():
    """The same with a SHA-256 digest cut to 20 bytes, as version 4 has it."""
    packets = (bytes([0x23]) + bytes(39) + struct.pack("!Q", i) for i in range(MADE))
    return b"".join(struct.pack("!H", 72) + p + struct.pack("!I", 1) + hashlib.sha256(KEY + p).digest()[:20] for p in packets)


def generate(program, port, args, requests=None):
    argv = [*rivals.placed(rivals.cpus()[0]), utcd.BUILD / "bench" / program, HOST, port, *args]
    done = subprocess.run([str(a) for a in argv], input=requests, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def per_request(process, run):
    """run(); its figures and the CPU that the server used for each answer."""
    before = rivals.used(process.pid)[0]
    figures = run()
    figures["cpu_us"] = (rivals.used(process.pid)[0] - before) / 1e3 / max(1, figures.get("answers_with_warm_up", figures["answers"]))
    return figures


@contextlib.contextmanager
def ready(servers, name, directory):
    """The server, once keys are to be had."""
    with rivals.Running(servers.server[name], directory) as process:
        yield process, sealed(servers.ke[name])


def requests(servers, directory, runs, seconds):
    args = ["--seconds", str(seconds)]
    for name in (UTCD, CHRONYD):
        with ready(servers, name, directory) as (process, made):
            kinds = {"plain": None, "NTS": made, "MAC": with_mac()} if name == UTCD else {"plain": None, "NTS": made}
            for kind, given in kinds.items():
                more = ["--made", "1"] if given else []
                run = per_request(process, lambda given=given, more=more: generate("load", servers.server[name].port, [*args, *more], given))
                assert run["bad"] + run["kisses"] == 0, run
                runs.setdefault((name, kind), []).append(run)


def handshakes(servers, directory, runs, seconds):
    for name in (UTCD, CHRONYD):
        with ready(servers, name, directory) as (process, _):
            run = per_request(process, lambda: generate("handshakes", servers.ke[name], ["--seconds", str(seconds)]))
            assert run["bad"] == 0, run
            runs.setdefault((name, "handshake"), []).append(run)


def half_open(servers, directory, runs, seconds):
    """10 000 connections that say half of a hello, from many addresses and from one; honest clients come behind them."""
    for what, sources in (("many addresses", 5000), ("one address", 1)):
        with ready(servers, UTCD, directory):
            run = generate("handshakes", servers.ke[UTCD], ["--half", str(HALF), "--sources", str(sources), "--clients", "1", "--seconds", str(seconds)])
            assert run["bad"] == 0, run
            runs.setdefault((UTCD, f"half open, {what}"), []).append(run)


def flooded(servers, directory, runs, seconds):
    """NTP beside key establishment as fast as two clients can; the flood and its server have the generator's CPU's rest and whatever else there is."""
    args = [*MODERATE, "--seconds", str(seconds)]
    for kind in ("quiet", "flooded"):
        with ready(servers, UTCD, directory):
            flood = subprocess.Popen(["taskset", "-c", str(rivals.cpus()[0]), "nice", utcd.BUILD / "bench/handshakes", HOST, str(servers.ke[UTCD]), "--clients",
                                      "8", "--seconds", str(seconds + 1)], stdout=subprocess.PIPE) if kind == "flooded" else None
            time.sleep(0.3)
            run = generate("load", servers.server[UTCD].port, args)
            if flood:
                run["handshakes"] = json.loads(flood.communicate()[0])["per_second"]
            runs.setdefault((UTCD, kind), []).append(run)


def report(runs):
    def of(name, kind, key):
        return [run[key] for run in runs[name, kind]]

    def ratio(a, b, key):
        return ratios(runs[a], runs[b], key)
    goals = [
        Goal("NTS requests/s to chronyd", ratio((UTCD, "NTS"), (CHRONYD, "NTS"), "per_second"), 1.25, None),
        Goal("NTS requests/s to our plain", ratio((UTCD, "NTS"), (UTCD, "plain"), "per_second"), 0.85, None),
        Goal("MAC'd requests/s to our plain", ratio((UTCD, "MAC"), (UTCD, "plain"), "per_second"), 0.95, None),
        Goal("CPU per key establishment to chronyd", ratio((UTCD, "handshake"), (CHRONYD, "handshake"), "cpu_us"), 0.85, 0.75, at_least=False),
        Goal("NTP p50 flooded to quiet", ratio((UTCD, "flooded"), (UTCD, "quiet"), "p50_us"), 1.05, 1, at_least=False),
    ]
    goals += [Goal(f"slowest honest handshake behind {HALF} half-open ones, {what}, ms", of(UTCD, f"half open, {what}", "longest_ms"), 1000, None, at_least=False)
              for what in ("many addresses", "one address")]
    rows = ["| server | what | per second | CPU us each |", "| --- " * 4 + "|"]
    for (name, kind), taken in runs.items():
        if "cpu_us" in taken[0]:
            rows.append(f"| {name} | {kind} | {lab.spread([r['per_second'] for r in taken], digits=0)} | {lab.spread([r['cpu_us'] for r in taken])} |")
    flood = lab.spread(of(UTCD, "flooded", "handshakes"), digits=0)
    p50 = ", ".join(f"{kind} {lab.spread(of(UTCD, kind, 'p50_us'), digits=1)}" for kind in ("quiet", "flooded"))
    return "\n".join([*rivals.goals_table(goals), "", *rows, "", f"p50 of NTP in us: {p50}; the flood was {flood} key establishments a second.", "",
                      "Requests are sealed ahead (`seal`), 228 bytes, AEAD 15, and sent 128 outstanding (`load --made`); the certificate has a P-256 key. Load average "
                      f"at the end: {os.getloadavg()[0]:.1f}."])


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--seconds", type=float, default=0.5)
    words.add_argument("--only", choices=["requests", "handshakes", "half_open", "flooded"])
    given = words.parse_args()
    directory, runs = proc.scratch(), {}
    servers = Servers(directory)
    for _ in range(given.rounds):
        for part in (requests, handshakes, half_open, flooded):
            if given.only in (None, part.__name__):
                part(servers, directory, runs, given.seconds)
    if given.only:
        for key, taken in runs.items():
            print(key, *(json.dumps({k: v for k, v in run.items() if k in ("per_second", "cpu_us", "p50_us", "longest_ms", "cpu_percent")}) for run in taken), sep="\n  ")
    else:
        lab.write("nts", "What authenticated time costs", report(runs))


if __name__ == "__main__":
    main()
