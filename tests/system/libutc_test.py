"""libutc against the real daemon: its ABI, its calls to the system, and what it says when the daemon dies, comes back, sleeps or is replaced."""

import contextlib
import mmap
import os
import pathlib
import re
import shutil
import signal
import struct
import sys
import time

import pytest

from lib import proc, utcd

sys.path.insert(0, str(utcd.ROOT / "examples"))
import utc  # noqa: E402 (the path comes first)

LIBRARY = utcd.BUILD / "src/lib/libutc.so.0"
HEADER = (utcd.ROOT / "include/utc/utc.h").read_text()
COST = utcd.BUILD / "bench/libutc-cost"
INSTRUMENTED = any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_"))
HOST = "127.0.0.1"
NS = 10**9

needs_plain = pytest.mark.skipif(INSTRUMENTED, reason="an instrumented library cannot be loaded into another program")


@pytest.fixture
def reader(lab):
    """reader(daemon): its clock, by libutc."""
    opened = []

    def read(daemon):
        opened.append(utc.Clock(daemon.run_dir / "page", str(LIBRARY)))
        return opened[-1]
    yield read
    for clock in opened:
        clock.close()


@contextlib.contextmanager
def silent(server):
    """The server answers nobody meanwhile."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def status(t):
    return utc.STATUS[t.status]


def width(t):
    return t.latest_ns - t.earliest_ns


# -- the ABI ---------------------------------------------------------------------------------------------------------------

def test_the_library_exports_the_headers_functions_and_nothing_else():
    declared = set(re.findall(r"^UTC_API [^;(]*?\b(utc_\w+)\(", HEADER, re.MULTILINE))
    symbols = [line.split() for line in proc.run(["nm", "-D", "--defined-only", LIBRARY]).stdout.splitlines()]
    exported = {name for _, kind, name in symbols if kind != "A"}
    assert len(declared) >= 12
    assert exported == {f"{name}@@UTC_0.1" for name in declared}


def test_structures_have_the_layout_that_was_promised(lab):
    """A change here is another ABI: a new soversion, not an edit of these numbers."""
    source, program = lab.dir / "layout.c", lab.dir / "layout"
    names = ["utc_time", "utc_leap_info", "utc_query", "utc_answer"]
    source.write_text('#include <stdio.h>\n#include "utc/utc.h"\nint main(void) { printf("' + " ".join(["%zu"] * len(names)) + '\\n", '
                      + ", ".join(f"sizeof(struct {name})" for name in names) + "); return 0; }\n")
    proc.run(["cc", "-std=c99", "-pedantic", "-Wall", "-Werror", "-I", utcd.ROOT / "include", "-o", program, source], check=True)
    sizes = dict(zip(names, map(int, proc.run([program]).stdout.split())))
    if struct.calcsize("P") == 8:
        assert sizes == {"utc_time": 56, "utc_leap_info": 32, "utc_query": 24, "utc_answer": 480}


# -- the cost --------------------------------------------------------------------------------------------------------------

@needs_plain
def test_utc_now_makes_no_system_call(lab):
    """However often it is called, the program makes the same calls."""
    daemon = lab.utcd({"local": utcd.LOCAL})
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    counts = []
    for calls in (1, 20000):
        trace = lab.dir / f"{calls}.strace"
        proc.run(["strace", "-f", "-o", trace, COST, daemon.run_dir / "page", "calls", str(calls)], check=True)
        counts.append(len(trace.read_text().splitlines()))
    assert counts[0] == counts[1], counts


@needs_plain
def test_instructions_of_utc_now(lab):
    """Counted by callgrind, so that a figure that grows is a change of ours, not the machine's mood."""
    daemon = lab.utcd({"local": utcd.LOCAL})
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    totals = []
    for calls in (100, 10100):
        out = lab.dir / f"{calls}.callgrind"
        proc.run(["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", COST, daemon.run_dir / "page", "calls",
                  str(calls)], check=True)
        totals.append(int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)[1]))
    each = (totals[1] - totals[0]) / 10000
    print(f"{each:.0f} instructions a call, the reading of the clock and the program's loop included")
    assert each < 140


# -- the daemon's life -------------------------------------------------------------------------------------------------------

@needs_plain
@pytest.mark.parametrize("mode", utcd.MODES)
def test_a_killed_daemon_leaves_a_page_that_goes_on_telling_the_truth(lab, good_chronyd, reader, mode):
    sources = [utcd.source(good_chronyd.port)]
    config = {"sources": sources, "clock": {"mode": "virtual", "max_drift": "500ppm", "max_drift_silent": "500ppm"}, "holdover": {"max_error": "1s"}}
    daemon = lab.utcd(config, mode)
    daemon.wait_synchronised()
    clock = reader(daemon)
    assert clock.now().usable
    for pid in proc.session_members(daemon.pid):
        os.kill(pid, signal.SIGKILL)
    daemon.wait()
    first = clock.now()
    time.sleep(0.5)
    later = clock.now()
    assert later.usable and later.best_ns > first.best_ns
    assert width(later) - width(first) >= 2 * 500e-6 * (later.best_ns - first.best_ns) * 0.99     # on both sides
    assert later.writer_age_ns > first.writer_age_ns
    with utc.Clock(daemon.run_dir / "page", str(LIBRARY)) as another:                             # opened when nobody writes any more
        assert another.now().usable
    again = lab.utcd(config, mode)
    again.wait_synchronised()
    proc.wait_for(lambda: clock.now().usable and clock.now().writer_age_ns < 60 * NS, what="the reader never hears of the new daemon")
    assert abs(clock.now().best_ns - time.time_ns()) < NS


@needs_plain
def test_restarts_never_show_a_reader_nothing(lab, good_chronyd, reader):
    """From before a restart until after it every call is answered, and no usable answer is wrong."""
    config = {"sources": [utcd.source(good_chronyd.port)]}
    daemon = lab.utcd(config)
    daemon.wait_synchronised()
    clock = reader(daemon)
    for _ in range(3):
        daemon.stop()
        daemon = lab.utcd(config)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            now = clock.now()           # raises where nothing is published
            truth = time.time_ns()
            assert not now.usable or now.earliest_ns - 10**7 <= truth <= now.latest_ns + 10**7    # the machine's clock stands for truth, this loop may be held up
            if now.usable and now.writer_age_ns < 60 * NS and daemon.status():
                break
            time.sleep(0.001)
        daemon.wait_synchronised()


@needs_plain
def test_a_reader_finds_the_page_of_a_daemon_whose_directory_was_taken_away(lab, reader):
    """As systemd does between two starts."""
    config = {"local": utcd.LOCAL}
    daemon = lab.utcd(config)
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    clock = reader(daemon)
    before = (daemon.run_dir / "page").stat().st_ino
    held = open(daemon.run_dir / "page", "rb")      # so that its number is not given to the next
    daemon.stop()
    assert clock.now().best_ns > 0
    shutil.rmtree(daemon.run_dir)
    again = lab.utcd({"local": {"stratum": 7, "error": "1s"}})
    again.wait_status(lambda s: s["clock"]["status"] == "local")
    assert (again.run_dir / "page").stat().st_ino != before
    proc.wait_for(lambda: clock.now().stratum == 7, what="the reader stays with the dead")
    held.close()


@needs_plain
def test_a_page_of_another_layout_is_superseded_and_replaced(lab, reader):
    """An upgrade: the old file is marked for those who hold it, the new one lies in its place."""
    run_dir = lab.dir / "simple-utcd"
    run_dir.mkdir(mode=0o755)
    old = run_dir / "page"
    old.write_bytes(struct.pack("=QIIII", 0x5543544450414745, 2, 440, 0, 4).ljust(440, b"\0"))
    with open(old, "rb") as held:
        view = mmap.mmap(held.fileno(), 0, prot=mmap.PROT_READ)
        daemon = lab.utcd({"local": utcd.LOCAL})
        daemon.wait_status(lambda s: s["clock"]["status"] == "local")
        assert struct.unpack_from("=QIIII", view)[:2] == (0x5543544450414745, 2)
        assert struct.unpack_from("=QIIII", view)[3] == 1
        assert os.fstat(held.fileno()).st_ino != old.stat().st_ino
        view.close()
    assert reader(daemon).now().usable


@needs_plain
@pytest.mark.parametrize("mode", utcd.MODES)
def test_CLK_02_a_moved_machine_reaches_readers_within_a_second(lab, good_chronyd, reader, mode):
    device = lab.dir / "vmclock"
    fields = {"marker": 7}

    def write():
        device.write_bytes(struct.pack("<IIHBBIQ", 0x4B4C4356, 104, 1, 1, 0, 2, fields["marker"]).ljust(4096, b"\0"))
    write()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port, min_poll=3, max_poll=3)], "clock": {"vmclock": str(device)}}, mode)
    daemon.wait_synchronised()
    clock = reader(daemon)
    assert clock.now().usable and clock.now_checked().usable
    with silent(good_chronyd):
        begin = time.monotonic()
        with open(device, "r+b") as file:
            file.seek(16)
            file.write((8).to_bytes(8, "little"))
        assert status(clock.now_checked()) == "disrupted"       # at once, by itself
        proc.wait_for(lambda: status(clock.now()) == "disrupted", 5, every=0.01, what=daemon.log)
        print(f"{time.monotonic() - begin:.2f} s until the daemon's word was there")
        assert "the virtual machine was moved or restored" in daemon.log()
    daemon.wait_synchronised(20)
    proc.wait_for(lambda: clock.now_checked().usable, what="not measured again")


@needs_plain
def test_CLK_02_a_sleep_reaches_readers(lab, good_chronyd, reader):
    library, slept = lab.dir / "asleep.so", lab.dir / "slept"
    proc.run(["cc", "-shared", "-fPIC", "-o", library, pathlib.Path(__file__).parents[1] / "lib/asleep.c"], check=True)
    slept.write_bytes((7).to_bytes(8, sys.byteorder))
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port, min_poll=3, max_poll=3)]}, utcd.PROCESSES,
                      env={"LD_PRELOAD": str(library), "ASLEEP": str(slept)})
    daemon.wait_synchronised()
    clock = reader(daemon)
    assert clock.now().usable
    with silent(good_chronyd):
        with open(slept, "r+b") as file:
            file.write((3607).to_bytes(8, sys.byteorder))
        os.kill(daemon.roles()["core"], signal.SIGHUP)      # a machine that wakes up interrupts its waits; this one only tells the hour
        proc.wait_for(lambda: status(clock.now()) == "disrupted", 5, every=0.01, what=daemon.log)
        assert "the machine was suspended" in daemon.log()
    daemon.wait_synchronised(20)


# -- the examples ------------------------------------------------------------------------------------------------------------

@pytest.fixture
def local_daemon(lab):
    daemon = lab.utcd({"local": {"stratum": 10, "error": "5ms"}})
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    return daemon


def build(lab, name):
    program = lab.dir / name
    flags = ["-fsanitize=address,undefined"] if b"__asan_init" in utcd.DAEMON.read_bytes() else []
    counts = ["-lgcov"] if b"__gcov_" in utcd.DAEMON.read_bytes() else []
    proc.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", *flags, "-D_POSIX_C_SOURCE=200809L", "-I", utcd.ROOT / "include", "-o", program,
              utcd.ROOT / f"examples/{name}.c", LIBRARY, *counts, f"-Wl,-rpath,{LIBRARY.parent}"], check=True)
    return program


def test_example_utc_now(lab, local_daemon):
    done = proc.run([build(lab, "utc_now"), local_daemon.run_dir / "page"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^best +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$", done.stdout, re.MULTILINE) and "local" in done.stdout


def commands_of_the_guide():
    blocks = re.findall(r"^```sh\n(.*?)^```$", (utcd.ROOT / "docs/libutc.md").read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@needs_plain
def test_the_commands_of_the_guide_work(lab, local_daemon):
    """As typed, from the top of the repository, with what `make install` put in place and no other pkg-config file; the page of this test's daemon is added."""
    root, here = lab.dir / "root", lab.dir / "here"
    proc.run(["meson", "install", "-C", utcd.BUILD, "--no-rebuild"], env={**os.environ, "DESTDIR": str(root)}, check=True)
    here.mkdir()
    (here / "examples").symlink_to(utcd.ROOT / "examples")
    library, pc = next(root.rglob("libutc.so.0")).parent, next(root.rglob("utc.pc")).parent
    env = {**os.environ, "PKG_CONFIG_LIBDIR": str(pc), "PKG_CONFIG_SYSROOT_DIR": str(root), "LD_LIBRARY_PATH": str(library)}
    commands = commands_of_the_guide()
    assert len(commands) >= 5
    for command in commands:
        asks = not command.startswith("cc ")
        done = proc.run(["sh", "-c", f"{command} {local_daemon.run_dir / 'page' if asks else ''}"], cwd=here, env=env)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        assert not asks or done.stdout.strip()


def test_example_utc_now_without_a_daemon(lab):
    done = proc.run([build(lab, "utc_now"), lab.dir / "nothing"])
    assert done.returncode == 1 and "the file does not exist" in done.stderr


def test_example_commit_wait(lab, local_daemon):
    done = proc.run([build(lab, "commit_wait"), local_daemon.run_dir / "page"])
    assert done.returncode == 0, done.stdout + done.stderr
    stamps = [int(a) * NS + int(b) for a, b in re.findall(r" at (\d+)\.(\d{9}),", done.stdout)]
    waits = [float(ms) for ms in re.findall(r"after ([\d.]+) ms", done.stdout)]
    assert len(stamps) == 5 and all(b > a for a, b in zip(stamps, stamps[1:]))
    assert min(waits) >= 10, done.stdout        # from earliest to latest: twice 5 ms


@needs_plain
def test_example_python(local_daemon):
    done = proc.run([sys.executable, utcd.ROOT / "examples/utc.py", local_daemon.run_dir / "page"], env={**os.environ, "LIBUTC": str(LIBRARY)})
    assert done.returncode == 0 and "local" in done.stdout, done.stdout + done.stderr
    with utc.Clock(local_daemon.run_dir / "page", str(LIBRARY)) as clock:
        now = clock.now()
        assert clock.after(now.earliest_ns - NS) == utc.YES and clock.before(now.earliest_ns - NS) == utc.NO
        assert clock.after(now.best_ns) == utc.UNKNOWN and clock.before(now.latest_ns + NS) == utc.YES
        assert clock.leap_seconds().tai_minus_utc_s == 37
        assert clock.stamp().best_ns < clock.stamp().best_ns
        clock.wait_until_after(now.latest_ns)
        assert clock.now().earliest_ns > now.latest_ns
        with pytest.raises(utc.Error, match="no answer came in time"):
            clock.wait_until_after(now.latest_ns + 3600 * NS, 10**6)
