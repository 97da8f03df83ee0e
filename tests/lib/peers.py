"""Real programs of others: where they are, and how each is started so that it neither needs nor has a right to the clock."""

import json
import os
import pathlib
import pwd
import re
import shutil

from lib import ntp, proc

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = pathlib.Path(os.environ.get("PEERS", ROOT / "build/peers"))


def me():
    """The user chronyd is to stay."""
    return pwd.getpwuid(os.geteuid()).pw_name


def binary(name, package=None):
    """Path of a peer's program: unpacked below PEERS, else installed. A missing one is a failure, not a skip."""
    for where in ("usr/sbin", "usr/bin", "sbin", "bin"):
        for found in sorted(PEERS.glob(f"{package or '*'}/{where}/{name}")):
            return str(found)
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert found, f"{name} is missing: run tools/deps check"
    return found


def fake_time(when):
    """Environment in which the system clock shows "+5s" or "@1970-01-01 00:00:10" (UTC); monotonic clocks and the kernel's packet stamps stay true."""
    found = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    assert found, "libfaketime is missing: run tools/deps check"
    sanitizer = f"{os.environ.get('ASAN_OPTIONS', '')}:verify_asan_link_order=0"    # an instrumented daemon takes the library all the same
    return {"LD_PRELOAD": str(found), "FAKETIME": when, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC", "ASAN_OPTIONS": sanitizer}


class Chronyd(proc.Process):
    """chronyd that serves 127.0.0.1 and ::1 on a port of its own, by `local` or from other servers; `-x`, so it never touches a clock."""

    def __init__(self, directory, name="chronyd", port=None, lines=("local stratum 3",), fake=None, prefix=(), bind=("127.0.0.1", "::1"), program=None):
        self.port = port or proc.free_port()
        config = pathlib.Path(directory) / f"{name}.conf"
        config.write_text("\n".join([f"port {self.port}", *(f"bindaddress {a}" for a in bind), "allow all", "cmdport 0", "bindcmdaddress /",
                                     f"pidfile {directory}/{name}.pid", f"user {me()}", *lines, ""]))
        super().__init__(name, [*prefix, *(program or [binary("chronyd")]), "-x", "-d", "-f", str(config)], directory, fake_time(fake) if fake else None)

    def wait_serving(self, host="127.0.0.1", timeout=10):
        proc.wait_for(lambda: usable(host, self.port), timeout, what=lambda: f"{self.name} does not serve:\n{self.log()}")
        return self


class Gpsd(proc.Process):
    """gpsd that reads one receiver; as root it hands the time over by NTP shared memory, units 0 and 1. As leader of its session it logs to syslog alone."""

    def __init__(self, directory, device, name="gpsd"):
        super().__init__(name, [binary("gpsd"), "-N", "-n", "-D", "4", "-S", str(proc.free_port()), device], directory)


def usable(host, port):
    answer = ntp.ask(host, port, timeout=0.2)
    return answer and answer.usable


def ntpsec_argv(directory, lines=()):
    """ntpsec's ntpd, which knows no port but 123, with its own clock as reference."""
    config = pathlib.Path(directory) / "ntpsec.conf"
    config.write_text("\n".join(["refclock local prefer minpoll 0 maxpoll 0 stratum 3", "restrict default nomodify", "unrestrict default limited kod", *lines, ""]))
    return [binary("ntpd", "ntpsec"), "-n", "-N", "-g", "-c", str(config), "-p", f"{directory}/ntpsec.pid"]


class Ntpsec(proc.Process):
    """ntpsec at a neighbour."""

    def __init__(self, directory, neighbour, lines=()):
        super().__init__("ntpsec", neighbour.argv(*ntpsec_argv(directory, lines)), directory)
        self.address = neighbour.address

    def wait_serving(self, root_dispersion_s, timeout=20):
        """Its dispersion starts at 8 s and halves with each reading of its clock."""
        def good():
            answer = ntp.ask(self.address, 123, timeout=0.2)
            return answer and answer.usable and answer.root_dispersion_s < root_dispersion_s
        proc.wait_for(good, timeout, what=lambda: f"ntpsec does not serve:\n{self.log()}")
        return self


def openntpd_argv(directory, address):
    """openntpd on port 123. Its user, its home and its state directory exist in a mount namespace only."""
    directory = pathlib.Path(directory)
    (directory / "openntpd.conf").write_text(f"listen on {address}\n")
    (directory / "jail").mkdir(mode=0o755)
    for name, line in (("passwd", f"ntpd:x:64900:64900::{directory}/jail:/usr/sbin/nologin"), ("group", "ntpd:x:64900:")):
        (directory / name).write_text(pathlib.Path("/etc", name).read_text() + line + "\n")
    directory.chmod(0o755)
    start = (f"mount --bind {directory}/passwd /etc/passwd && mount --bind {directory}/group /etc/group && mount -t tmpfs none /var/lib && "
             f"mkdir -p /var/lib/openntpd/run /var/lib/openntpd/db && exec {binary('ntpd', 'openntpd')} -d -f {directory}/openntpd.conf")
    return ["unshare", "-m", "sh", "-c", start]


class Openntpd(proc.Process):
    """openntpd at a neighbour."""

    def __init__(self, directory, neighbour):
        super().__init__("openntpd", neighbour.argv(*openntpd_argv(directory, neighbour.address)), directory)
        self.address = neighbour.address

    def wait_answering(self, timeout=10):
        return proc.wait_for(lambda: ntp.ask(self.address, 123, timeout=0.2), timeout, what=lambda: f"openntpd does not answer:\n{self.log()}")


# ---- clients; offsets in seconds, server minus this machine ----

def chronyd_query(directory, host, port, options="", *lines, timeout=10, program=None):
    """chronyd -Q: measures, prints, sets nothing. The offset."""
    done = proc.run([*(program or [binary("chronyd")]), "-Q", "-x", "-t", str(timeout), "-f", "/dev/null", f"pidfile {directory}/chronyd-q.pid", f"user {me()}",
                     "cmdport 0", *lines, f"server {host} port {port} iburst maxsamples 1 {options}"])
    found = re.search(r"System clock wrong by (-?[\d.]+) seconds", done.stderr + done.stdout)
    assert done.returncode == 0 and found, done.stderr + done.stdout
    return float(found[1])


def ntpdig(host, *options):
    """ntpsec's SNTP client; port 123 only. (offset, half of its round trip and the precisions), or None: it refused the server."""
    done = proc.run(["ntpdig", "-j", "-t", "2", *options, host])
    if done.returncode != 0 or not done.stdout.strip():
        return None
    found = json.loads(done.stdout)
    return found["offset"], found["precision"]


def ntpq(neighbour, *args):
    """ntpsec's question to its daemon on a neighbour: what it prints."""
    return proc.run(neighbour.argv(binary("ntpq", "ntpsec"), *args, "127.0.0.1")).stdout


def rdate(*args, program="rdate"):
    """Debian's or busybox's rdate: standard output of `-p`, whatever the arguments choose. The right time zone is UTC."""
    argv = [binary("busybox"), "rdate", "-p", *args] if program == "busybox" else [binary("rdate"), "-p", *args]
    done = proc.run(argv, env={"TZ": "UTC", "LC_ALL": "C"})
    return done.returncode, done.stdout.strip(), done.stderr.strip()
