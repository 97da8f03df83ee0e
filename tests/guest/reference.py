"""The truth inside the emulated machine: UTC as a line over CLOCK_MONOTONIC_RAW, which no adjustment moves.

usage: reference.py serve PORT [PPM]        answer NTP from the line, stratum 1
       reference.py set OFFSET_S [PPM]      set the system clock that far from the line
       reference.py offset [PPM]            print system clock minus line, in seconds
       reference.py watch SECONDS [PPM]     read the system clock all the time; print the largest step backwards and the last offset
       reference.py kernel                  print the kernel's clock state: status in hex, maxerror in us, frequency in ppm
       reference.py arm STATUS              set the kernel's status bits, as another program would
       reference.py leap                    watch the system clock through the leap second: print its largest error before, and from a second after on
       reference.py tai                     print TAI minus UTC as the kernel has it, in seconds
       reference.py list FILE               write a leap-seconds.list that knows the leap second

START and LEAP in the environment: UTC when the machine started, and "MIDNIGHT +1" or "MIDNIGHT -1" for a leap second before that midnight; with
ANNOUNCE=1 it is announced.

PPM: how much faster than the line's raw clock true time runs, the error a daemon has to learn."""

import ctypes
import hashlib
import os
import socket
import struct
import sys
import time

START = int(os.environ.get("START", 1_780_000_000))   # UTC when the machine started, seconds since 1970 (May 2026)
MIDNIGHT, DELTA = map(int, os.environ.get("LEAP", "0 0").split())
LEAP_NS = (MIDNIGHT - (DELTA < 0)) * 10**9             # on the line, which knows no leap second
NTP_EPOCH = 2_208_988_800


def line(ppm):
    raw = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    return START * 10**9 + raw + int(raw * ppm * 1e-6)


def utc(at):
    return at - DELTA * 10**9 if DELTA and at >= LEAP_NS else at


def truth(ppm):
    return utc(line(ppm))


def announced():
    if not DELTA or line(0) >= LEAP_NS or not os.environ.get("ANNOUNCE"):
        return 0
    return 1 if DELTA > 0 else 2


def stamp(ns):
    return ((ns // 10**9 + NTP_EPOCH) << 32 | (ns % 10**9 << 32) // 10**9) & (1 << 64) - 1


def serve(port, ppm):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))
    while True:
        request, peer = server.recvfrom(1024)
        received = truth(ppm)
        if len(request) >= 48 and request[0] & 7 == 3:
            head = struct.pack(">BBbbII4s", announced() << 6 | request[0] & 0x38 | 4, 1, request[2], -20, 0, 0, b"TEST")
            server.sendto(head + struct.pack(">QQQQ", stamp(received), struct.unpack(">Q", request[40:48])[0], stamp(received), stamp(truth(ppm))), peer)


def offset(ppm):
    return (time.clock_gettime_ns(time.CLOCK_REALTIME) - truth(ppm)) / 1e9


def watch(seconds, ppm):
    end = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) + int(seconds * 1e9)
    last, worst = 0, 0
    while time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) < end:
        now = time.clock_gettime_ns(time.CLOCK_REALTIME)
        worst, last = max(worst, last - now), now
        time.sleep(0.002)
    return f"{worst / 1e9:.9f} {offset(ppm):.9f}"


class Timex(ctypes.Structure):
    _fields_ = [("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
                ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_long * 32)]


def kernel():
    state = Timex()
    ctypes.CDLL(None).adjtimex(ctypes.byref(state))
    return f"{state.status:#x} {state.maxerror} {state.freq / 65536:.3f}"


def arm(status):
    ctypes.CDLL(None).adjtimex(ctypes.byref(Timex(modes=0x10, status=status)))


def leap():
    """Right before and right after it two clocks that are microseconds apart differ by a second: those moments are left out, and so are readings
    during which the machine idled, because its time leaps ahead then."""
    before, after = 0, 0
    time.sleep(max(0, (LEAP_NS - line(0)) / 1e9 - 12))
    while line(0) < LEAP_NS + 12 * 10**9:
        first, system, last = line(0), time.clock_gettime_ns(time.CLOCK_REALTIME), line(0)
        error, past = abs(system - utc(first)), first - LEAP_NS
        if last - first < 10**6 and past < -10**8:
            before = max(before, error)
        elif last - first < 10**6 and past > 10**9:
            after = max(after, error)
        time.sleep(0.005)
    return f"{before / 1e9:.9f} {after / 1e9:.9f}"


def leap_list(file):
    first, last = 2_272_060_800, MIDNIGHT + NTP_EPOCH
    rows = [(first, 37), (last, 37 + DELTA)]
    update, expiry = last - 86400, last + 86400 * 100
    digest = hashlib.sha1(f"{update}{expiry}{''.join(f'{at}{count}' for at, count in rows)}".encode()).hexdigest()
    with open(file, "w") as out:
        out.write(f"#$ {update}\n#@ {expiry}\n" + "".join(f"{at} {count}\n" for at, count in rows))
        out.write("#h " + " ".join(digest[i:i + 8] for i in range(0, 40, 8)) + "\n")


def main(verb, *numbers):
    if verb == "list":
        return leap_list(numbers[0])
    if verb == "arm":
        return arm(int(numbers[0], 0))
    numbers = [float(number) for number in numbers]
    if verb == "serve":
        serve(int(numbers[0]), *(numbers[1:] or [0.0]))
    elif verb == "set":
        time.clock_settime_ns(time.CLOCK_REALTIME, truth(*(numbers[1:] or [0.0])) + int(numbers[0] * 1e9))
    elif verb == "offset":
        print(f"{offset(*(numbers or [0.0])):.9f}")
    elif verb == "watch":
        print(watch(numbers[0], *(numbers[1:] or [0.0])))
    elif verb == "kernel":
        print(kernel())
    elif verb == "leap":
        print(leap())
    elif verb == "tai":
        print(round((time.clock_gettime_ns(11) - time.clock_gettime_ns(time.CLOCK_REALTIME)) / 1e9))
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
