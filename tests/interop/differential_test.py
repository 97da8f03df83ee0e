"""What chronyd, ntpsec's ntpd and we make of the same packets: as servers, who answers what; as clients of a server that lies in every way, who believes what.

Where the three do not do the same, tests/interop/differences.tsv has the row and the reason. A difference that is not there, or is there and is none any more,
fails: one of us has changed."""

import collections
import pathlib
import select
import socket
import struct
import subprocess
import threading
import time

import pytest

from lib import ntp, peers, proc, sandbox, utcd

HERE = pathlib.Path(__file__).parent
CORPUS = HERE.parents[1] / "fuzz/corpus"
WHO = ("chronyd", "ntpsec", "ours")
EACH = 9                # associations of one ntpd: it begins one a second
OURS_EACH = 15          # we have 16 at most

pytestmark = pytest.mark.skipif(not sandbox.really_root, reason="addresses of its own for each answer take root")


def explained(role):
    """{packet: (what chronyd, ntpsec and we make of it)} of the rows with a reason."""
    rows = [line.split("\t") for line in (HERE / "differences.tsv").read_text().splitlines() if line and not line.startswith("#")]
    assert all(len(row) == 6 and row[5].strip() for row in rows), "every row has a reason"
    return {row[1]: tuple(row[2:5]) for row in rows if row[0] == role}


def judge(role, seen):
    """seen: {packet: {who: outcome}}. What is wrong, or ""."""
    different = {name: tuple(row[who] for who in WHO) for name, row in seen.items() if len(set(row.values())) > 1}
    known = explained(role)
    lines = [f"{role}\t{name}\t" + "\t".join(row) for name, row in sorted(different.items()) if known.get(name) != row]
    lines += [f"{role}\t{name}: there is no difference any more" for name in sorted(set(known) - set(different))]
    return "differences without a reason, or other ones than differences.tsv says:\n" + "\n".join(lines) if lines else ""


# ---- requests -------------------------------------------------------------------------------------------------------------------

UNIQUE, COOKIE, SEALED = 0x0104, 0x0204, 0x0404


def listed():
    """{name: bytes}"""
    plain = ntp.request()
    found = {f"version-{v}-mode-{m}": ntp.request(version=v, mode=m) for v in range(8) for m in range(8)}
    found |= {f"{n}-bytes": (plain + bytes(64))[:n] for n in (1, 12, 47, 49, 50, 51, 52, 56, 60, 64, 68, 72)}
    found |= {f"version-3-{n}-bytes": (ntp.request(version=3) + bytes(64))[:n] for n in (52, 60, 68, 72)}
    found |= {
        "transmit-zero": ntp.request(transmit=bytes(8)), "transmit-all-ones": ntp.request(transmit=b"\xff" * 8), "leap-3": ntp.request(leap=3),
        "stratum-16": ntp.request(stratum=16), "stratum-255": ntp.request(stratum=255),
        "poll-127": ntp.request(poll=127), "poll-minus-128": ntp.request(poll=-128),
        "unknown-field": plain + ntp.extension(0x4242, 28), "unknown-field-of-16": plain + ntp.extension(0x4242, 16),
        "two-unknown-fields": plain + ntp.extension(0x4242, 16) + ntp.extension(0x4243, 28),
        "field-of-length-zero": plain + ntp.extension(0x4242, 0, bytes(24)), "field-of-length-3": plain + ntp.extension(0x4242, 3, bytes(24)),
        "field-of-no-multiple-of-four": plain + ntp.extension(0x4242, 30, bytes(28)), "field-beyond-the-end": plain + ntp.extension(0x4242, 64, bytes(24)),
        "field-and-a-stranger's-mac": plain + ntp.extension(0x4242, 28) + struct.pack("!I", 77) + bytes(16),
        "stranger's-md5": plain + struct.pack("!I", 77) + bytes(range(16)), "stranger's-sha1": plain + struct.pack("!I", 77) + bytes(range(20)),
        "version-3-field": ntp.request(version=3) + ntp.extension(0x4242, 28),
        "nts-without-cookie": plain + ntp.extension(UNIQUE, 36), "nts-of-a-stranger": plain + ntp.extension(UNIQUE, 36) + ntp.extension(COOKIE, 104)
        + ntp.extension(SEALED, 40, struct.pack("!HH", 16, 16) + bytes(32)),
        "readvar": bytes([0x16, 2]) + bytes(10), "monlist": bytes([0x17, 0, 3, 0x2a]) + bytes(44),
        "as-large-as-ethernet": plain + ntp.extension(0x4242, 1420), "1024-bytes-of-fields": plain + ntp.extension(0x4242, 16) * 61,
    }
    return found


def corpus():
    """Seeds of the fuzz targets that are datagrams to a server."""
    found = {f"corpus/{f.name}": f.read_bytes() for f in sorted((CORPUS / "ntp_packet").iterdir())}
    for f in sorted((CORPUS / "serve").iterdir()):
        bytes_ = f.read_bytes()
        if len(bytes_) > 3 and bytes_[0] % 4 == 0:      # of service NTP: fuzz/serve.c
            found[f"corpus/{f.name}"] = bytes_[3:]
    return {name: bytes_ for name, bytes_ in found.items() if 0 < len(bytes_) <= 1472}


def outcome(request, answer):
    if answer is None:
        return "silent"
    if len(answer) < 48:
        return f"mode {answer[0] & 7}, {len(answer)} bytes"
    a = ntp.Answer(answer, 0, 0)
    words = [f"mode {a.mode}", f"version {a.version}"]
    if a.stratum == 0:
        words.append("kiss " + a.refid.decode(errors="replace").strip("\0"))
    if len(answer) != 48:
        words.append(f"{len(answer)} bytes")
    if len(request) >= 48 and a.origin != request[40:48]:
        words.append("another origin")
    return ", ".join(words)


def ask_all(requests, servers):
    """{request: {who: outcome}}: everything is sent, to each in the same order, and behind it a question that everybody answers."""
    sockets, answers = {}, {}

    def send(who, name, packet):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.connect(servers[who])
        s.send(packet)
        sockets[s] = (who, name)

    def collect(seconds, enough=lambda: False):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not enough():
            for s in select.select(list(sockets), [], [], 0.05)[0]:
                try:
                    answers.setdefault(sockets[s], s.recv(2048))
                except ConnectionRefusedError:
                    pass

    for name, packet in requests.items():
        for who in servers:
            send(who, name, packet)
        collect(0.005)
    for who in servers:
        send(who, None, ntp.request())
    collect(10, lambda: all((who, None) in answers for who in servers))
    collect(0.3)
    assert all((who, None) in answers for who in servers), "a server has ended"
    for s in sockets:
        s.close()
    return {name: {who: outcome(packet, answers.get((who, name))) for who in servers} for name, packet in requests.items()}


# ---- answers --------------------------------------------------------------------------------------------------------------------

AT = {"stratum": 1, "poll": 2, "precision": 3, "delay": 4, "dispersion": 8, "refid": 12, "reference": 16, "origin": 24, "receive": 32, "transmit": 40}


def good(request):
    now = (time.time() + ntp.ERA_OFFSET_S) % 2**32
    stamp = struct.pack("!Q", int(now * 2**32))
    head = bytes([request[0] & 0x38 | 4]) + struct.pack("!BbbII4s", 2, 6, -20, 66, 66, b"\x0a\x00\x00\x01")
    return head + struct.pack("!Q", int((now - 10) * 2**32)) + request[40:48] + stamp + stamp


def put(name, bytes_):
    def change(request, answer):
        at = AT[name]
        return answer[:at] + bytes_ + answer[at + len(bytes_):]
    return change


def first(leap=0, version=None, mode=4):
    return lambda request, answer: bytes([leap << 6 | (request[0] >> 3 & 7 if version is None else version) << 3 | mode]) + answer[1:]


def kiss(code):
    return lambda request, answer: bytes([0xc0 | answer[0] & 0x3f, 0]) + answer[2:12] + code + answer[16:]


def shifted(name, seconds):
    """One timestamp later by so much."""
    def change(request, answer):
        at = AT[name]
        value = (struct.unpack("!Q", answer[at:at + 8])[0] + int(seconds * 2**32)) % 2**64
        return answer[:at] + struct.pack("!Q", value) + answer[at + 8:]
    return change


def both(*changes):
    def change(request, answer):
        for one in changes:
            answer = one(request, answer)
        return answer
    return change


def flipped(request, answer):
    return answer[:31] + bytes([answer[31] ^ 1]) + answer[32:]


ANSWERS = {
    "as-it-should-be": lambda request, answer: answer,
    "version-1": first(version=1), "version-2": first(version=2), "version-3": first(version=3), "version-5": first(version=5),
    "mode-1": first(mode=1), "mode-2": first(mode=2), "mode-3": first(mode=3), "mode-5": first(mode=5), "mode-6": first(mode=6),
    "not-synchronised": first(leap=3), "leap-announced": first(leap=1),
    "stratum-0": put("stratum", b"\0"), "stratum-15": put("stratum", b"\x0f"), "stratum-16": put("stratum", b"\x10"),
    "origin-zero": put("origin", bytes(8)), "origin-one-bit-off": flipped,
    "receive-zero": put("receive", bytes(8)), "transmit-zero": put("transmit", bytes(8)), "transmit-a-second-before-receive": shifted("transmit", -1),
    "root-delay-2s": put("delay", struct.pack("!I", 2 << 16)), "root-delay-negative": put("delay", b"\xff\xff\xf0\x00"),
    "root-dispersion-2s": put("dispersion", struct.pack("!I", 2 << 16)), "root-dispersion-20s": put("dispersion", struct.pack("!I", 20 << 16)),
    "reference-zero": put("reference", bytes(8)), "reference-an-hour-ahead": shifted("reference", 3600),
    "47-bytes": lambda request, answer: answer[:47], "49-bytes": lambda request, answer: answer + b"\0",
    "four-bytes-more": lambda request, answer: answer + bytes(4), "a-mac-nobody-asked-for": lambda request, answer: answer + struct.pack("!I", 77) + bytes(16),
    "unknown-field": lambda request, answer: answer + ntp.extension(0x4242, 28),
    "field-beyond-the-end": lambda request, answer: answer + ntp.extension(0x4242, 64, bytes(24)),
    "precision-of-days": put("precision", b"\x11"), "a-day-ahead": both(shifted("receive", 86400), shifted("transmit", 86400), shifted("reference", 86400)),
    "kiss-rate": kiss(b"RATE"), "kiss-deny": kiss(b"DENY"), "kiss-unknown": kiss(b"XXXX"),
}


class Liar(threading.Thread):
    """One server for each client and kind of answer, at an address of its own."""

    def __init__(self):
        super().__init__(daemon=True)
        self.answered = collections.Counter()
        self.ended = False
        self.sockets = {}
        for i, who in enumerate(WHO):
            for n, name in enumerate(ANSWERS):
                subprocess.run(["ip", "addr", "add", f"{self.address(who, name)}/32", "dev", "lo"], check=True)
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.bind((self.address(who, name), 123))
                self.sockets[s] = (who, name)
        self.start()

    @staticmethod
    def address(who, name):
        return f"10.99.{WHO.index(who) + 1}.{list(ANSWERS).index(name) + 1}"

    def run(self):
        while not self.ended:
            for s in select.select(list(self.sockets), [], [], 0.2)[0]:
                request, asker = s.recvfrom(2048)
                if len(request) >= 48 and request[0] & 7 == 3:
                    s.sendto(ANSWERS[self.sockets[s][1]](request, good(request)), asker)
                    self.answered[self.sockets[s]] += 1

    def close(self):
        self.ended = True
        self.join()
        for s, (who, name) in self.sockets.items():
            s.close()
            subprocess.run(["ip", "addr", "del", f"{self.address(who, name)}/32", "dev", "lo"], check=True)


class World:
    """Everybody, as a client of the liar and as a server by a clock of his own."""

    def __init__(self, lab, liar):
        self.liar, self.command_port, port = liar, proc.free_port(), proc.free_port()
        names = list(ANSWERS)
        self.chronyd = lab.start(peers.Chronyd, "client-chronyd", lines=["local stratum 3", "bindcmdaddress 127.0.0.1", f"cmdport {self.command_port}",
                                 *(f"server {liar.address('chronyd', n)} minpoll 0 maxpoll 1 iburst" for n in names)])
        self.ours = []
        for i in range(0, len(names), OURS_EACH):
            sources = [utcd.source(123, liar.address("ours", n), min_poll=0, max_poll=1) for n in names[i:i + OURS_EACH]]
            serves = {"local": utcd.LOCAL, "ntp": {"listen": [f"127.0.0.1:{port}"]}} if i == 0 else {}
            self.ours.append(lab.utcd({"sources": sources, **serves}, name=f"client-{i}"))
        self.ntpsec = []
        for i in range(0, len(names), EACH):
            neighbour = lab.neighbour()
            subprocess.run(neighbour.argv("ip", "route", "add", "default", "via", neighbour.ours), check=True)
            directory = lab.dir / f"ntpsec-{i}"
            directory.mkdir()
            lines = ["disable ntp", "restrict 127.0.0.1", *(f"server {liar.address('ntpsec', n)} minpoll 3 iburst" for n in names[i:i + EACH])]
            lab.start(lambda d, directory=directory, neighbour=neighbour, lines=lines: peers.Ntpsec(directory, neighbour, lines))
            self.ntpsec.append(neighbour)
        server = lab.start(peers.Ntpsec, lab.neighbour())
        self.servers = {"chronyd": ("127.0.0.1", self.chronyd.port), "ntpsec": (server.address, 123), "ours": ("127.0.0.1", port)}

    def believed(self):
        """{who: names of answers from which somebody took a measurement}"""
        stats = proc.run([peers.binary("chronyc"), "-n", "-c", "-h", "127.0.0.1", "-p", str(self.command_port), "sourcestats"]).stdout
        reach = [line.split() for n in self.ntpsec for line in peers.ntpq(n, "-pn").splitlines()]
        taken = {"chronyd": {row[0] for row in (line.split(",") for line in stats.splitlines()) if int(row[1]) > 0},
                 "ntpsec": {row[0].lstrip(" x.-+#*o") for row in reach if len(row) >= 9 and row[6].isdigit() and int(row[6], 8) > 0},
                 "ours": {s["name"].partition(":")[0] for d in self.ours for s in d.status()["sources"] if s["accepted"] > 0}}
        return {who: {n for n in ANSWERS if self.liar.address(who, n) in taken[who]} for who in WHO}

    def heard(self):
        """Has everybody had each answer, twice unless it told him to go?"""
        return all(self.liar.answered[who, n] >= (1 if n.startswith("kiss") else 2) for who in WHO for n in ANSWERS)


@pytest.fixture(scope="module")
def world(session_lab, isolated):
    liar = Liar()
    yield World(session_lab, liar)
    liar.close()


def test_who_answers_what(world):
    for who, at in world.servers.items():
        proc.wait_for(lambda at=at: peers.usable(*at), 40, what=f"{who} does not serve")
    wrong = judge("server", ask_all({**listed(), **corpus()}, world.servers))
    assert not wrong, wrong


def test_who_believes_what(world):
    """Whoever believes an answer does so by the first ones: after these nothing changes but what was slow."""
    proc.wait_for(world.heard, 60, every=0.2, what=lambda: f"not asked: {[(w, n) for w in WHO for n in ANSWERS if world.liar.answered[w, n] < 2]}")
    wrong = "nobody has looked"

    def as_explained():
        nonlocal wrong
        believed = world.believed()
        wrong = judge("client", {n: {who: "believed" if n in believed[who] else "not believed" for who in WHO} for n in ANSWERS})
        return not wrong and all("as-it-should-be" in believed[who] for who in WHO)
    proc.wait_for(as_explained, 15, every=0.5, what=lambda: wrong)
