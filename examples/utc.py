#!/usr/bin/python3
"""libutc by ctypes: a module, and a program that prints the time.

    >>> import utc
    >>> with utc.Clock() as clock:
    ...     now = clock.now()
    ...     print(now.earliest_ns, now.latest_ns, utc.STATUS[now.status])
"""

import ctypes
import os
import sys

STATUS = ["not synchronised", "synchronised", "holdover", "free-running", "disrupted", "local"]
NO, YES, UNKNOWN = 0, 1, 2


class Time(ctypes.Structure):
    """struct utc_time."""
    _fields_ = [(name, ctypes.c_int64) for name in ("earliest_ns", "latest_ns", "best_ns", "tai_ns")]
    _fields_ += [(name, ctypes.c_int32) for name in ("status", "leap", "stratum", "usable")]
    _fields_ += [("writer_age_ns", ctypes.c_int64)]


class LeapInfo(ctypes.Structure):
    """struct utc_leap_info."""
    _fields_ = [("tai_minus_utc_s", ctypes.c_int32), ("next_delta_s", ctypes.c_int32), ("next_ns", ctypes.c_int64), ("next_tai_ns", ctypes.c_int64),
                ("usable", ctypes.c_int32)]


class Error(Exception):
    """What libutc has to say against it."""


class Clock:
    """The clock page of the running daemon; path: elsewhere than in the usual places. May be used by any number of threads."""

    def __init__(self, path=None, library=os.environ.get("LIBUTC", "libutc.so.0")):
        self._lib = ctypes.CDLL(library)
        self._lib.utc_error_text.restype = ctypes.c_char_p
        for name in ("utc_after", "utc_before"):
            getattr(self._lib, name).argtypes = [ctypes.c_void_p, ctypes.c_int64]
        self._lib.utc_wait_until_after.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
        self._utc = ctypes.c_void_p()
        self._must(self._lib.utc_open(ctypes.byref(self._utc), os.fsencode(path) if path else None))

    def _must(self, result):
        if result < 0:
            raise Error(self._lib.utc_error_text(result).decode())
        return result

    def _fill(self, function, what):
        self._must(function(self._utc, ctypes.byref(what)))
        return what

    def now(self):
        return self._fill(self._lib.utc_now, Time())

    def now_checked(self):
        return self._fill(self._lib.utc_now_checked, Time())

    def stamp(self):
        return self._fill(self._lib.utc_stamp, Time())

    def leap_seconds(self):
        return self._fill(self._lib.utc_leap_seconds, LeapInfo())

    def after(self, t_ns):
        return self._must(self._lib.utc_after(self._utc, t_ns))

    def before(self, t_ns):
        return self._must(self._lib.utc_before(self._utc, t_ns))

    def wait_until_after(self, t_ns, timeout_ns=2**63 - 1):
        self._must(self._lib.utc_wait_until_after(self._utc, t_ns, timeout_ns))

    def close(self):
        self._lib.utc_close(self._utc)
        self._utc = ctypes.c_void_p()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main():
    try:
        with Clock(sys.argv[1] if len(sys.argv) > 1 else None) as clock:
            now = clock.now()
    except Error as error:
        raise SystemExit(f"no time from the daemon: {error}") from None
    print(f"{now.best_ns / 1e9:.6f} s, true time {(now.best_ns - now.earliest_ns) / 1e3:.3f} us before to {(now.latest_ns - now.best_ns) / 1e3:.3f} us after "
          f"it, {STATUS[now.status]}")
    return 0 if now.usable else 2


if __name__ == "__main__":
    raise SystemExit(main())
