"""A name server of ours on port 53 of the sandbox, which answers well or badly by the first label of a name."""

import collections
import contextlib
import socket
import socketserver
import struct
import threading
import time

ADDRESS = "127.0.0.1"
A, AAAA, CNAME = 1, 28, 5
NXDOMAIN, SERVFAIL = 3, 2
TRUNCATED = 0x0200
HUGE = 4000     # addresses of 16 bytes: nearly the 64 KiB that a message may have


def name_of(question):
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1:at + 1 + question[at]].decode())
        at += 1 + question[at]
    return ".".join(labels), struct.unpack_from("!H", question, at + 1)[0], question[12:at + 5]


def record(kind, data):
    return struct.pack("!HHHIH", 0xc00c, kind, 1, 1, len(data)) + data     # the name of the question


class Server:
    """`with dns.Server() as names`: names.asked[name] are the instants at which it was asked for; names.good can be made False,
    names.several are the addresses of several.*."""

    def __init__(self):
        self.asked, self.good, self.several = collections.defaultdict(list), True, []

    def answer(self, question, stream):
        """None: silence."""
        name, kind, copied = name_of(question)
        if kind == A:
            self.asked[name].append(time.monotonic())
        flags, records, label = 0x8180, [], name.split(".")[0]
        if label == "silent":
            return None
        if label in ("cut", "huge") and not stream:
            flags |= TRUNCATED
        elif label == "cut":
            return b""
        elif label == "loop":
            records = [record(CNAME, b"\xc0\x0c")]
        elif label == "huge" and kind == A:
            records = [record(A, socket.inet_aton(f"192.0.{2 + n // 250}.{1 + n % 250}")) for n in range(HUGE)]
        elif label == "good" and self.good:
            records = [record(A, socket.inet_aton(ADDRESS))] if kind == A else []
        elif label == "several":
            records = [record(A, socket.inet_aton(address)) for address in self.several] if kind == A else []
        elif label in ("good", "servfail"):
            flags |= SERVFAIL
        elif label == "none":
            flags |= NXDOMAIN
        return question[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + copied + b"".join(records)

    def __enter__(self):
        server = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self):
                answer = server.answer(self.request[0], stream=False)
                if answer is not None:
                    self.request[1].sendto(answer, self.client_address)

        class Stream(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError, struct.error):
                    while head := self.rfile.read(2):
                        answer = server.answer(self.rfile.read(struct.unpack("!H", head)[0]), stream=True)
                        if not answer:
                            return
                        self.wfile.write(struct.pack("!H", len(answer)) + answer)

        class Tcp(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self._servers = [socketserver.ThreadingUDPServer((ADDRESS, 53), Datagram), Tcp((ADDRESS, 53), Stream)]
        for each in self._servers:
            threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(self, *_):
        for each in self._servers:
            each.shutdown()
            each.server_close()


def prefix(directory):
    """A command line that begins so asks that server, whatever the machine's own files say: in a mount namespace."""
    (directory / "resolv.conf").write_text(f"nameserver {ADDRESS}\noptions timeout:1 attempts:1\n")
    (directory / "nsswitch.conf").write_text("hosts: files dns\n")
    mounts = "; ".join(f"[ ! -e /etc/{name} ] || mount --bind {directory}/{name} /etc/{name}" for name in ("resolv.conf", "nsswitch.conf"))
    return ["unshare", "-m", "sh", "-ec", f'{mounts}; exec "$0" "$@"']
