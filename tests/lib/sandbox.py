"""The ground the tests stand on: no right to set the clock, a network of their own.

`enter` is called once, before anything is started, and holds for every process a test ever starts:

  * CAP_SYS_TIME leaves the bounding set, so no child can have it, root or not;
  * the process moves into a new network namespace, so port 123 is free, nothing outside is reached and nobody else's packets are seen.

Without the right to make a namespace the tests run in the host's network; those that need low ports then skip with that reason."""

import contextlib
import ctypes
import os
import subprocess

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_CAPBSET_DROP, _CAP_SYS_TIME = 24, 25

really_root = os.geteuid() == 0     # not merely in a user namespace of our own
isolated = False
why_not_isolated = ""


def _call(function, *args):
    if function(*args) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _unshare():
    if really_root:
        return _call(_libc.unshare, _CLONE_NEWNET)
    uid, gid = os.geteuid(), os.getegid()
    _call(_libc.unshare, _CLONE_NEWUSER | _CLONE_NEWNET)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _drop_clock_right():
    with open("/proc/self/status") as status:
        bounding = next(int(line.split()[1], 16) for line in status if line.startswith("CapBnd"))
    if bounding >> _CAP_SYS_TIME & 1:
        _call(_libc.prctl, _PR_CAPBSET_DROP, _CAP_SYS_TIME, 0, 0, 0)


def enter():
    global isolated, why_not_isolated
    try:
        _unshare()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        isolated = True
    except (OSError, subprocess.CalledProcessError) as error:
        why_not_isolated = f"no network namespace of our own: {error}"
    if really_root:
        _drop_clock_right()


class Neighbour:
    """Another host: a network namespace joined to ours by a veth pair. Commands start there with `neighbour.argv(...)`."""

    _count = 0

    def __init__(self):
        Neighbour._count += 1
        n = Neighbour._count
        self.ours, self.address = f"10.123.{n}.1", f"10.123.{n}.2"
        self.ours6, self.address6 = f"fd12:3::{n:x}:1", f"fd12:3::{n:x}:2"
        self.link, self.far = f"near{n}", f"far{n}"     # the interface's name here and there
        self._holder = subprocess.Popen(["unshare", "-n", "sh", "-c", "ip link set lo up && echo && exec sleep infinity"], stdout=subprocess.PIPE)
        assert self._holder.stdout.readline(), "cannot make a network namespace"
        for line in (f"ip link add {self.link} type veth peer name {self.far} netns {self._holder.pid}",
                     f"ip addr add {self.ours}/24 dev {self.link}",
                     f"ip addr add {self.ours6}/112 dev {self.link} nodad",
                     f"ip link set {self.link} up"):
            subprocess.run(line.split(), check=True)
        for line in (f"ip addr add {self.address}/24 dev {self.far}", f"ip addr add {self.address6}/112 dev {self.far} nodad", f"ip link set {self.far} up"):
            subprocess.run(self.argv(*line.split()), check=True)

    def argv(self, *command):
        return ["nsenter", "-t", str(self._holder.pid), "-n", *(str(word) for word in command)]

    @contextlib.contextmanager
    def inside(self):
        """Sockets that are made meanwhile are the neighbour's, for good."""
        with open("/proc/self/ns/net") as ours, open(f"/proc/{self._holder.pid}/ns/net") as theirs:
            _call(_libc.setns, theirs.fileno(), _CLONE_NEWNET)
            try:
                yield
            finally:
                _call(_libc.setns, ours.fileno(), _CLONE_NEWNET)

    def close(self):
        self._holder.kill()
        self._holder.wait()
