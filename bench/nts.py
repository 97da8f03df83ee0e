#!/usr/bin/python3
"""What authenticated time costs: NTS requests and MACs beside plain ones and beside chronyd, the CPU of a key establishment, and whether a flood of key
establishments is felt by those who ask for the time.

All take turns within every round; judged are ratios within a round. Generator and server have a CPU each."""

import argparse
import contextlib
import hashlib
import json
import os
import statistics
import struct
import subprocess
import time

import lab
import rivals
from rivals import CHRONYD, HOST, Goal, proc, ratios, utcd
from lib import certificate

UTCD = "simple-utcd"
KEY = bytes(range(32))
MACS = {"AES128": (1, 16), "AES256": (2, 32), "SHA1": (3, 20), "SHA256": (4, 32), "SHA512": (5, 32)}    # key number, and how long the key is
MADE = 8192
PLAIN_SIZE, NTS_SIZE = 48, 216
KINDS = {"P-256": ("ec", "ec_paramgen_curve:P-256"), "RSA-2048": ("rsa", "rsa_keygen_bits:2048")}      # of the certificate's key
FLOOR = "in memory"
SEALING = ("sealing", "cost")
HALF = 10000
MOVING_US = 58      # of a server that accepts, reads, computes 180 us, writes, reads, computes 50 us, answers and closes: median of 9 runs, 51 to 75
APART_US, GNUTLS_US = 220, 178      # decision 21: of a server's end with a copy of its library for itself, P-256
MODERATE = ["--rate", "20000", "--spin", "1"]


class Servers:
    """Ours and chronyd with NTS and one certificate."""

    def __init__(self, directory, kind="P-256"):
        directory /= kind
        directory.mkdir()
        self.pem, self.private = certificate.Authority(directory).sign("server", key=KINDS[kind])
        keys = directory / "keys"
        keys.write_text("".join(f"{number} {kind} HEX:{KEY[:size].hex()}\n" for kind, (number, size) in MACS.items()))
        keys.chmod(0o600)
        self.ke = {UTCD: proc.free_port(), CHRONYD: proc.free_port()}
        self.server = {
            UTCD: rivals.ours(directory, nts={"listen": [f"{HOST}:{self.ke[UTCD]}"], "certificate": str(self.pem), "private_key": str(self.private)},
                              keys={"file": str(keys), "allow_legacy": True}),
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


def packets():
    return [bytes([0x23]) + bytes(39) + struct.pack("!Q", i) for i in range(MADE)]


def ecb(key, blocks):
    done = subprocess.run(["openssl", "enc", f"-aes-{8 * len(key)}-ecb", "-nopad", "-K", key.hex()], input=b"".join(blocks), capture_output=True, check=True)
    return [done.stdout[at:at + 16] for at in range(0, len(done.stdout), 16)]


def added(a, b):
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(16, "big")


def cmacs(key, messages):
    """RFC 4493 of messages of whole blocks, all of one length, one block of each at a time."""
    subkey = int.from_bytes(ecb(key, [bytes(16)])[0], "big") << 1
    subkey = (subkey & (1 << 128) - 1 ^ (0x87 if subkey >> 128 else 0)).to_bytes(16, "big")
    state = [bytes(16)] * len(messages)
    for at in range(0, len(messages[0]), 16):
        last = subkey if at + 16 == len(messages[0]) else bytes(16)
        state = ecb(key, [added(added(s, m[at:at + 16]), last) for s, m in zip(state, messages)])
    return state


def with_mac(kind):
    """The same with a MAC, digests cut to 20 bytes as version 4 has it."""
    number, size = MACS[kind]
    plain = packets()
    digests = cmacs(KEY[:size], plain) if kind.startswith("AES") else [hashlib.new(kind, KEY[:size] + p).digest()[:20] for p in plain]
    return b"".join(struct.pack("!H", len(p) + 4 + len(d)) + p + struct.pack("!I", number) + d for p, d in zip(plain, digests))


def generate(program, port, args, requests=None):
    argv = [*rivals.placed(rivals.cpus()[0]), utcd.BUILD / "bench" / program, HOST, port, *args]
    done = subprocess.run([str(a) for a in argv], input=requests, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def generate_alone(program, *args):
    """What a program of bench/ says that asks no server, on the servers' CPU."""
    done = proc.run([*rivals.placed(rivals.cpus()[1]), utcd.BUILD / "bench" / program, *args], timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


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


def measured(process, port, seconds, given=None):
    """The generator never sleeps: on one machine the kernel would wake it in the server's time, and the more so the longer a server takes."""
    args = ["--spin", "1", "--seconds", str(seconds), *(["--made", "1"] if given else [])]
    run = per_request(process, lambda: generate("load", port, args, given))
    assert run["bad"] + run["kisses"] == 0, run
    return run


def turned(things, by):
    """Each is the first of a round once in a while. On a CPU that others wait for, the kernel takes 50 ms of each second from programs in real time and gives it to
    those: in a fixed order it is always the same kind that pays."""
    by %= len(things)
    return things[by:] + things[:by]


def requests(servers, directory, runs, seconds):
    servers = servers["P-256"]
    for name in (UTCD, CHRONYD):
        with ready(servers, name, directory) as (process, made):
            kinds = {"plain": None, "NTS": made, **({kind: with_mac(kind) for kind in MACS} if name == UTCD else {})}
            for kind, given in turned(list(kinds.items()), len(runs.get((name, "plain"), []))):
                runs.setdefault((name, kind), []).append(measured(process, servers.server[name].port, seconds, given))
    for size in (PLAIN_SIZE, NTS_SIZE):
        ruler = rivals.echo(size)
        with rivals.Running(ruler, directory) as process:
            given = made if size == NTS_SIZE else None
            runs.setdefault((rivals.ECHO, f"{size} bytes"), []).append(measured(process, ruler.port, seconds, given))
    runs.setdefault(SEALING, []).append(json.loads(generate_alone("sealing_cost")))


def handshakes(servers, directory, runs, seconds):
    for kind, pair in servers.items():
        for name in (UTCD, CHRONYD):
            with ready(pair, name, directory) as (process, _):
                run = per_request(process, lambda name=name, pair=pair: generate("handshakes", pair.ke[name], ["--seconds", str(seconds)]))
                assert run["bad"] == 0, run
                runs.setdefault((name, f"handshake, {kind}"), []).append(run)
        runs.setdefault((FLOOR, f"handshake, {kind}"), []).append(json.loads(generate_alone("handshake_floor", pair.pem, pair.private, 200)))


def half_open(servers, directory, runs, seconds):
    """10 000 connections that say half of a hello, from many addresses and from one; honest clients come behind them."""
    servers = servers["P-256"]
    for what, sources in (("many addresses", 5000), ("one address", 1)):
        with ready(servers, UTCD, directory):
            run = generate("handshakes", servers.ke[UTCD], ["--half", str(HALF), "--sources", str(sources), "--clients", "1", "--seconds", str(seconds)])
            assert run["bad"] == 0, run
            runs.setdefault((UTCD, f"half open, {what}"), []).append(run)


def flooded(servers, directory, runs, seconds):
    """NTP beside key establishment as fast as two clients can; the flood and its server have the generator's CPU's rest and whatever else there is."""
    servers = servers["P-256"]
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
        *(Goal(f"{kind} requests/s to our plain", ratio((UTCD, kind), (UTCD, "plain"), "per_second"), 0.95, None) for kind in MACS),
        *(Goal(f"CPU per key establishment to chronyd, {kind}", ratio((UTCD, f"handshake, {kind}"), (CHRONYD, f"handshake, {kind}"), "cpu_us"), 0.85, 0.75,
               at_least=False) for kind in KINDS),
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
    return "\n".join([*rivals.goals_table(goals), "", *rows, "", f"p50 of NTP in us: {p50}; the flood was {flood} key establishments a second.", "", *floors(runs), "",
                      f"Requests are sealed ahead (`seal`), {NTS_SIZE} bytes, AEAD 15, and sent 128 outstanding by a generator that never sleeps (`load --made --spin`). Load "
                      f"average at the end: {os.getloadavg()[0]:.1f}."])


def floors(runs):
    """What is in the way of the figures that are missed."""
    def middle(key, *name):
        return statistics.median(run[key] for run in runs[name])
    plain, ruler = middle("cpu_us", UTCD, "plain"), [middle("cpu_us", rivals.ECHO, f"{size} bytes") for size in (PLAIN_SIZE, NTS_SIZE)]
    cost = {key: middle(key, *SEALING) for key in runs[SEALING][0]}
    handshake, ours, rival = (middle("cpu_us", name, "handshake, P-256") for name in (FLOOR, UTCD, CHRONYD))
    codes = ", ".join(f"{kind} {cost[f'{kind}_two_ns'] / 1e3:.2f}" for kind in MACS)
    return ["## What is in the way", "",
            f"**NTS beside plain.** 0.85 of the plain rate allows {plain / 0.85 - plain:.2f} us for all that NTS takes, and it takes {middle('cpu_us', UTCD, 'NTS') - plain:.2f}: "
            f"that requests and answers have {NTS_SIZE} bytes instead of {PLAIN_SIZE} costs a server that looks at nothing (`echo`) {ruler[1] - ruler[0]:.2f} us; judging "
            f"and sealing takes {cost['answer_ns'] / 1e3:.2f} us with nothing else to do (`sealing_cost`), most of it blocks of AES that wait for each other, "
            f"{cost['block_ns']:.1f} ns each; the rest is fields that are looked for and copied. What was tried: "
            "[decision 23](../../docs/decisions/0023-aead-15-by-the-processors-aes-instructions.md).", "",
            f"**Keys beside plain.** 0.95 of the plain rate allows {plain / 0.95 - plain:.2f} us. The codes of a request and its answer alone take "
            f"(`sealing_cost`, us, where two requests are at hand): {codes}. AES-CMAC is what RFC 8573 asks for. SHA-1 and SHA-256 take two compressions for each, "
            "SHA-512 a long one. Codes go side by side by the processor's instructions, where it has them: [decision 25](../../docs/decisions/0025-two-codes-side-by-side.md).", "",
            f"**Key establishment.** With a P-256 key OpenSSL takes {handshake:.0f} us for the server's end of a handshake that touches no socket (`handshake_floor`), where client "
            f"and server run one copy of the library, and {APART_US} us where each has its own: {APART_US / rival:.2f} of all that chronyd takes, whose library is GnuTLS "
            f"({GNUTLS_US} us). To move the same bytes by the fewest calls, with as much computed in between but without TLS, takes {MOVING_US} us more. The rest is hardly code "
            "of ours (3 us): the library runs slower after a sleep and where the kernel and others use the same caches, chronyd's as well. "
            f"0.85 wants {ours - 0.85 * rival:.0f} us less. Where the time goes, what other libraries take, and what was tried: [decision "
            "21](../../docs/decisions/0021-aes-of-nettle-put-together-here.md). RSA shows the reverse."]


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--seconds", type=float, default=0.3)
    words.add_argument("--only", choices=["requests", "handshakes", "half_open", "flooded"])
    given = words.parse_args()
    directory, runs = proc.scratch(), {}
    servers = {kind: Servers(directory, kind) for kind in KINDS}
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
