"""Stand-ins for what listens to a reference clock: a writer of NTP shared memory, a sender of samples to a socket, and a receiver for gpsd."""

import contextlib
import ctypes
import socket
import struct
import threading
import time

KEY = 0x4e545030
IPC_CREAT, IPC_RMID = 0o1000, 0
CLONE_NEWIPC = 0x08000000
SHM = struct.Struct("@iiqiqiiiiiII8i0q")      # struct shmTime where time_t has 64 bits; @ aligns as C does
SOCK = struct.Struct("@qqdiiii")
SOCK_MAGIC = 0x534f434b

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
libc.shmdt.argtypes = [ctypes.c_void_p]
libc.shmctl.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p]


def own_segments():
    """From now on this process and those it starts have shared memory of their own, which ends with them. Takes root."""
    if libc.unshare(CLONE_NEWIPC) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def segment(unit, size=SHM.size, mode=0o600):
    """The id of the segment, made if need be."""
    found = libc.shmget(KEY + unit, size, IPC_CREAT | mode)
    if found < 0:
        raise OSError(ctypes.get_errno(), f"shmget of unit {unit}")
    return found


def remove(unit):
    found = libc.shmget(KEY + unit, 0, 0)
    if found >= 0:
        libc.shmctl(found, IPC_RMID, None)


@contextlib.contextmanager
def units(*wanted):
    """Segments of these units, ours alone: none before, none after."""
    for unit in wanted:
        remove(unit)
    try:
        yield
    finally:
        for unit in wanted:
            remove(unit)


class Feed(threading.Thread):
    """What goes on by itself while it is in use, unless it is silent, and leaves nothing behind."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ended, self.silent = threading.Event(), False

    def stop(self):
        if self.is_alive():
            self.ended.set()
            self.join()

    def close(self):
        """Called once it has stopped."""

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.close()


class Writer(Feed):
    """A sample every `every` seconds, as gpsd writes it (mode 1), true time being the system clock + offset."""

    def __init__(self, unit, every=0.25, offset=0.0, mode=0o600):
        super().__init__()
        self.at = libc.shmat(segment(unit, mode=mode), None, 0)
        self.every, self.offset, self.leap, self.count = every, offset, 0, 0

    def _put(self, **fields):
        places = {"count": 4, "valid": 48}
        for name, value in fields.items():
            ctypes.c_int.from_address(self.at + places[name]).value = value

    def write(self, received=None, clock=None, leap=None):
        received = time.time_ns() if received is None else received
        clock = received + int(self.offset * 1e9) if clock is None else clock
        self._put(valid=0)
        self.count += 1
        packed = SHM.pack(1, self.count, clock // 10**9, clock % 10**9 // 1000, received // 10**9, received % 10**9 // 1000,
                          self.leap if leap is None else leap, -20, 0, 0, clock % 10**9, received % 10**9, *[0] * 8)
        ctypes.memmove(self.at, packed, len(packed))
        self.count += 1
        self._put(count=self.count)
        self._put(valid=1)

    def run(self):
        while not self.ended.wait(self.every):
            if not self.silent:
                self.write()

    def close(self):
        libc.shmdt(self.at)


def datagram(offset=0.0, pulse=0, leap=0, magic=SOCK_MAGIC, at_ns=None):
    at_ns = time.time_ns() if at_ns is None else at_ns
    return SOCK.pack(at_ns // 10**9, at_ns % 10**9 // 1000, offset, pulse, leap, 0, magic)


class Sender(Feed):
    """Samples to the daemon's socket."""

    def __init__(self, path, every=0.25, offset=0.0):
        super().__init__()
        self.path, self.every, self.offset = str(path), every, offset

    def send(self, payload):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect(self.path)
            s.send(payload)

    def run(self):
        while not self.ended.wait(self.every):
            if not self.silent:
                with contextlib.suppress(OSError):      # the daemon is being started anew
                    self.send(datagram(self.offset))


def sentence(body):
    check = 0
    for c in body.encode():
        check ^= c
    return f"${body}*{check:02X}\r\n".encode()


def sentences(second, fix):
    """What a receiver of GPS says of one second: RMC, GGA, GSA."""
    t = time.gmtime(second)
    hms, date = time.strftime("%H%M%S.00", t), time.strftime("%d%m%y", t)
    where = "4807.038,N,01131.000,E" if fix else ",,,"
    return b"".join((
        sentence(f"GPRMC,{hms},{'A' if fix else 'V'},{where},000.0,000.0,{date},,,{'A' if fix else 'N'}"),
        sentence(f"GPGGA,{hms},{where},{1 if fix else 0},{'08' if fix else '00'},0.9,545.4,M,46.9,M,,"),
        sentence(f"GPGSA,A,{3 if fix else 1},{'04,05,09,12,24,25,29,31' if fix else ',,,,,,,'},,,,,1.8,1.0,1.5"),
    ))


class Receiver(Feed):
    """A receiver behind a TCP port (of a terminal gpsd would hand nothing over): at each second of the system clock, and `late` after it, it says which second
    that was to whoever is connected."""

    def __init__(self, late=0.1):
        super().__init__()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.path = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.late, self.fix, self.said, self.readers = late, True, 0, []

    def run(self):
        while True:
            now = time.time()
            second = int(now - self.late) + 1
            if self.ended.wait(second + self.late - now):
                return
            with contextlib.suppress(BlockingIOError):
                self.readers.append(self.listener.accept()[0])
            for reader in self.readers:
                with contextlib.suppress(OSError):
                    if not self.silent:
                        reader.sendall(sentences(second, self.fix))
                        self.said += 1

    def close(self):
        for s in (self.listener, *self.readers):
            s.close()
