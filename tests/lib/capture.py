"""What was on the wire, judged by tshark: a raw socket sees every frame of `lo` from the moment it is opened."""

import contextlib
import socket
import struct
import time

from lib import proc

_ETH_P_ALL, _SO_RCVBUFFORCE, _PACKET_OUTGOING = 3, 33, 4


class Capture:
    def __init__(self, interface="lo"):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        self._socket.bind((interface, 0))
        self._frames = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _drain(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, where = self._socket.recvfrom(65535, socket.MSG_DONTWAIT)
                if where[2] != _PACKET_OUTGOING:    # lo shows each frame twice
                    self._frames.append(frame)

    def save(self, path):
        """A pcap file (Ethernet) of all frames so far."""
        self._drain()
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for number, frame in enumerate(self._frames):
                file.write(struct.pack("<IIII", int(time.time()), number % 1_000_000, len(frame), len(frame)) + frame)
        return path


def dissect(path, display_filter, fields, options=()):
    """Rows of fields of the frames that pass the filter. Services on ports of their own are named by options: ("-d", "udp.port==1123,ntp")."""
    argv = ["tshark", "-n", "-r", path, *options, "-Y", display_filter, "-T", "fields", "-E", "separator=/t", *(x for f in fields for x in ("-e", f))]
    done = proc.run(argv, timeout=30)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def complaints(path, options=()):
    """Frames tshark calls malformed or marks with an expert warning or error."""
    return dissect(path, "_ws.malformed || _ws.expert.severity >= 0x600000", ("frame.number", "frame.protocols", "_ws.expert.message"), options)
