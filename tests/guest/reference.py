"""The truth inside the emulated machine: UTC as a line over CLOCK_MONOTONIC_RAW, which no adjustment moves.

usage: reference.py serve PORT [PPM]        answer NTP from the line, stratum 1
       reference.py set OFFSET_S [PPM]      set the system clock that far from the line
       reference.py offset [PPM]            print system clock minus line, in seconds
       reference.py watch SECONDS [PPM]     read the system clock all the time; print the largest step backwards and the last offset
       reference.py kernel                  print the kernel's clock state: status in hex, maxerror in us, frequency in ppm

PPM: how much faster than the line's raw clock true time runs, the error a daemon has to learn."""

import ctypes
import socket
import struct
import sys
import time

START = 1_780_000_000   # UTC when the machine started, seconds since 1970 (May 2026)
NTP_EPOCH = 2_208_988_800


def truth(ppm):
    raw = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    return START * 10**9 + raw + int(raw * ppm * 1e-6)


def stamp(ns):
    return ((ns // 10**9 + NTP_EPOCH) << 32 | (ns % 10**9 << 32) // 10**9) & (1 << 64) - 1


def serve(port, ppm):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))
    while True:
        request, peer = server.recvfrom(1024)
        received = truth(ppm)
        if len(request) >= 48 and request[0] & 7 == 3:
            head = struct.pack(">BBbbII4s", request[0] & 0x38 | 4, 1, request[2], -20, 0, 0, b"TEST")
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


def main(verb, *numbers):
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


if __name__ == "__main__":
    main(*sys.argv[1:])
