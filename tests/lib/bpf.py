"""The system call bpf(2) as far as tests need it: a program of one verdict, attached to an interface.

A veth hands frames that the driver's XDP answers on its other end to this one only where a program of its own is attached."""

import ctypes
import errno
import os
import platform
import socket
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_NUMBER = {"x86_64": 321, "aarch64": 280}.get(platform.machine())
_PROG_LOAD, _OBJECT_GET, _TEST_RUN, _LINK_CREATE = 5, 7, 10, 28
_TYPE_XDP, _ATTACH_XDP, _DRIVER_MODE, _LIVE_FRAMES = 6, 37, 1 << 2, 1 << 1
DROP, PASS = 1, 2       # what a program may say


def call(command, attributes):
    if _NUMBER is None:
        raise OSError(errno.ENOSYS, "the number of bpf(2) is not known here")
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    result = _libc.syscall(_NUMBER, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def load(verdict):
    """`return verdict`: its descriptor."""
    instructions = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xB7, 0, 0, verdict, 0x95, 0, 0, 0), 16)
    licence = ctypes.create_string_buffer(b"Apache-2.0")
    return call(_PROG_LOAD, struct.pack("=IIQQ", _TYPE_XDP, 2, ctypes.addressof(instructions), ctypes.addressof(licence)))


def attach(verdict, interface):
    """Until the descriptor is closed."""
    program = load(verdict)
    try:
        return call(_LINK_CREATE, struct.pack("=IIII", program, socket.if_nametoindex(interface), _ATTACH_XDP, _DRIVER_MODE))
    finally:
        os.close(program)


def pinned(path):
    """The descriptor of what is pinned there."""
    name = ctypes.create_string_buffer(str(path).encode())
    return call(_OBJECT_GET, struct.pack("=QII", ctypes.addressof(name), 0, 0))


def inject(program, frame, interface, count):
    """`count` times the frame to the program, as if it had come in at the interface; what the program sends leaves there. Returns when it is done."""
    data = ctypes.create_string_buffer(frame, len(frame))
    context = ctypes.create_string_buffer(struct.pack("=6I", 0, len(frame), 0, socket.if_nametoindex(interface), 0, 0), 24)
    call(_TEST_RUN, struct.pack("=4I2Q4I2Q3I", program, 0, len(frame), 0, ctypes.addressof(data), 0, count, 0, 24, 0, ctypes.addressof(context), 0,
                                _LIVE_FRAMES, 0, 64))


def why_not():
    """Why no program can be loaded here; None where one can."""
    try:
        os.close(load(PASS))
    except OSError as error:
        return f"no BPF: {error.strerror}"
    return None
