"""A reader of the ClockBound segment, written from the public layout (docs/PROTOCOL.md of github.com/aws/clock-bound, version 2). AWS's own client was not to be
had here."""

import mmap
import struct
import time

UNKNOWN, SYNCHRONIZED, FREE_RUNNING, DISRUPTED = range(4)
GRACE_S = 5
_FORMAT = "=IIIHHqqqqqQIiB7x"
SIZE = struct.calcsize(_FORMAT)


class Segment:
    """One look at the segment, consistent by its generation."""

    def __init__(self, path):
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
            for _ in range(1000):
                fields = struct.unpack_from(_FORMAT, memory)
                if fields[4] % 2 == 0 and struct.unpack_from("=H", memory, 14)[0] == fields[4]:
                    break
        magic_0, magic_1, self.size, self.version, self.generation, *rest = fields
        self.magic = (magic_0, magic_1)
        as_of_s, as_of_ns, void_s, void_ns, self.bound_ns, self.marker, self.max_drift_ppb, self.status, self.disruption_support = rest
        self.as_of, self.void_after = as_of_s + as_of_ns / 1e9, void_s + void_ns / 1e9

    def is_valid(self):
        return self.magic == (0x414D5A4E, 0x43420200) and self.version == 2 and self.generation > 0 and self.size >= SIZE

    def now(self):
        """(earliest_ns, latest_ns, status), as the client computes them."""
        real, mono = time.clock_gettime_ns(time.CLOCK_REALTIME), time.clock_gettime(time.CLOCK_MONOTONIC)
        status = self.status
        if status in (SYNCHRONIZED, FREE_RUNNING) and mono >= self.as_of + GRACE_S:
            status = FREE_RUNNING if mono < self.void_after else UNKNOWN
        assert self.max_drift_ppb < 10**9 and mono > self.as_of - 1e-6
        bound = self.bound_ns + int((mono - self.as_of) * self.max_drift_ppb)
        return real - bound, real + bound, status
