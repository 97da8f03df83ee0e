#!/usr/bin/python3 -I
"""ask.py ADDRESS PORT COUNT: NTP requests, one each 20 ms, and how many of them were answered until a minute after the last."""

import os
import select
import socket
import sys
import time

address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
waiting = set()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.connect((address, port))

    def listen(seconds):
        end = time.monotonic() + seconds
        while waiting and (rest := end - time.monotonic()) > 0:
            if select.select([client], [], [], rest)[0]:
                try:
                    waiting.discard(client.recv(1000)[24:32])
                except OSError:     # told that nobody listens: the request is lost
                    pass
        time.sleep(max(0, end - time.monotonic()) if seconds < 1 else 0)

    for _ in range(count):
        name = os.urandom(8)
        waiting.add(name)
        client.send(bytes([0x23]) + bytes(39) + name)
        listen(0.02)
    listen(60)
print(f"{count - len(waiting)} of {count}")
