#!/usr/bin/env python3
"""What XDP costs and gives: nanoseconds a request inside the kernel, and beside chronyd over one veth the server's CPU and the rate it can answer.

    bench/xdp.py [--rounds N] [--seconds S] [--alone]

The server has CPU 1 (its process, and the thread that receives for its end of the veth), the generator CPU 0; the servers take turns, each with the same
end of the veth. Writes bench/results/xdp.md; --alone prints the first table only."""

import argparse
import json
import os
import pathlib
import re
import socket
import statistics
import struct
import subprocess
import time

import lab
from lib import bpf, ntp, peers, proc, sandbox, utcd

PORT = 123
NOISY = 1.3     # the ruler's spread above which rates are no verdict
PIN = pathlib.Path("/sys/fs/bpf") / f"simple-utcd-bench-{os.getpid()}"
RULES = [{"nets": [f"10.{i}.{k}.0/24" for k in range(16)], "action": "deny"} for i in range(6)]
VARIANTS = [    # name, configuration, object, how often: no more than the burst holds, or than are answered above the limit before they become rarer
    ("neither", {}, "lean", 1000000),
    ("access list of 96 networks", {"access": RULES}, "guarded", 1000000),
    ("access list and rate limit", {"access": RULES, "rate_limit": {"rate": 1000000, "burst": 100000}}, "guarded", 50000),
    ("the same, above the limit", {"access": RULES, "rate_limit": {"rate": 10, "burst": 1, "kiss": 0, "leak": 1}}, "guarded", 16000),
]


def run(*argv):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.stdout} {done.stderr}"
    return done.stdout


class Ground:
    """Our end of a veth, received for by a thread of its own, and the neighbour's end, which counts what comes and drops it."""

    def __init__(self):
        self.neighbour = sandbox.Neighbour()
        self.near, self.far = self.neighbour.link, self.neighbour.far
        self.near_mac = self._mac("ip", "-j", "link", "show", self.near)
        self.far_mac = self._mac(*self.neighbour.argv("ip", "-j", "link", "show", self.far))
        run("ip", "neigh", "replace", self.neighbour.address, "lladdr", ":".join(f"{b:02x}" for b in self.far_mac), "dev", self.near)

    @staticmethod
    def _mac(*argv):
        return bytes.fromhex(json.loads(run(*argv))[0]["address"].replace(":", ""))

    def receiving_thread(self):
        """Its pid. It exists once the veth has a queue that is polled: with an XDP program, or GRO."""
        run("ethtool", "-K", self.near, "gro", "on")
        run("unshare", "-m", "sh", "-c", f"mount -t sysfs sysfs /sys && echo 1 > /sys/class/net/{self.near}/threaded")

        def find():
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith(f"napi/{self.near}"):
                        return int(pid)
                except OSError:
                    pass
            return None
        pid = proc.wait_for(find, what="no receiving thread")
        os.sched_setaffinity(pid, {1})
        return pid

    def frame(self):
        """A request as it comes in at our end."""
        packet = ntp.spoofed(self.neighbour.address, 40000, self.neighbour.ours, PORT, ntp.request())
        return self.near_mac + self.far_mac + b"\x08\x00" + packet

    def returned(self):
        """Frames that came to the neighbour's program."""
        text = run(*self.neighbour.argv("ethtool", "-S", self.far))
        return sum(int(n) for n in re.findall(r"rx_queue_\d+_xdp_packets: (\d+)", text))


def start_ours(ground, directory, how="driver", **config):
    made = utcd.Utcd(directory, {"local": {**utcd.LOCAL, "public": True}, "ntp": {"listen": [f"*:{PORT}"], "xdp": how, "xdp_interfaces": [ground.near]},
                                 **config}, utcd.PROCESSES, name=f"utcd-{how}", prefix=["taskset", "-c", "1"])
    made.wait_answering("127.0.0.1", PORT)
    return made


def start_chronyd(ground, directory):
    made = peers.Chronyd(directory, port=PORT, bind=("0.0.0.0",), prefix=["taskset", "-c", "1"])
    return made.wait_serving()


# ---- the program alone ----

def attached(ground):
    """{name: id} of the maps of the program at our end, and what bpftool knows of it."""
    program = json.loads(run("ip", "-j", "-d", "link", "show", ground.near))[0]["xdp"]["prog"]["id"]
    info = json.loads(run("bpftool", "-j", "prog", "show", "id", program))
    return {m["name"]: m["id"] for m in (json.loads(run("bpftool", "-j", "map", "show", "id", i)) for i in info["map_ids"])}, info


def load_bench(ground, variant, maps):
    """bench/xdp_program.c beside these maps, with a request to put back."""
    words = [word for name in ("mirror", "stats", "clients") if name in maps for word in ("map", "name", name, "id", maps[name])]
    run("bpftool", "prog", "loadall", utcd.BUILD / f"bench/xdp_{variant}.o", PIN, *words)
    own = json.loads(run("bpftool", "-j", "prog", "show", "pinned", PIN / "restored"))["map_ids"]
    request = next(i for i in own if json.loads(run("bpftool", "-j", "map", "show", "id", i))["name"] == "request")
    run("bpftool", "map", "update", "id", request, "key", "hex", *["00"] * 4, "value", "hex", *(f"{b:02x}" for b in ground.frame().ljust(128, b"\0")))


def unload_bench():
    for file in PIN.iterdir():
        file.unlink()
    PIN.rmdir()


def prog_run(ground, directory, name, repeat):
    """Nanoseconds a run; it must have ended with an answer."""
    frame = ground.frame()
    (directory / "frame").write_bytes(frame)
    (directory / "context").write_bytes(struct.pack("=6I", 0, len(frame), 0, socket.if_nametoindex(ground.near), 0, 0))
    done = json.loads(run("bpftool", "-j", "prog", "run", "pinned", PIN / name, "data_in", directory / "frame", "ctx_in", directory / "context",
                          "repeat", repeat))
    assert done["retval"] == 3, f"{name} gave {done}"
    return done["duration"]


def cost(ground, directory, rounds, variant):
    """[ns], and the program's size after what is switched off was cut out."""
    _, config, objekt, repeat = variant
    ours = start_ours(ground, directory, **config)
    maps, info = attached(ground)
    load_bench(ground, objekt, maps)
    try:
        values = []
        for _ in range(rounds):
            time.sleep(0.2)     # the bucket empties
            values.append(prog_run(ground, directory, "restored", repeat) - prog_run(ground, directory, "restore", repeat))
        return values, info
    finally:
        unload_bench()
        ours.stop()


# ---- beside chronyd ----

def cpu_ns(pids):
    return sum(int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids)


def everybody(process):
    return [process.pid, *proc.session_members(process.pid)]


def closed_loop(ground, server, thread, seconds):
    """One client with 128 requests outstanding: answers a second, and the CPU microseconds of server and receiving thread for each."""
    pids = [thread, *dict.fromkeys(everybody(server))]
    before = cpu_ns(pids)
    done = json.loads(run(*ground.neighbour.argv("taskset", "-c", "0", utcd.BUILD / "bench/load", ground.neighbour.ours, PORT, "--seconds", seconds,
                                                 "--warm-up", "0", "--outstanding", 128)))
    return done["answers"] / seconds, (cpu_ns(pids) - before) / 1e3 / done["answers"]


def injected(ground, generator, seconds):
    """Frames put on the wire by a test run at the neighbour's end, as fast as it can: answers a second."""
    before, begin = ground.returned(), time.monotonic()
    while time.monotonic() - begin < seconds:
        with ground.neighbour.inside():
            bpf.inject(generator, ground.frame(), ground.far, 100000)
    elapsed = time.monotonic() - begin
    time.sleep(0.1)
    return (ground.returned() - before) / elapsed


def against(ground, directory, options):
    """{server: {figure: [values]}}, the servers in turn."""
    servers = {"XDP, driver": lambda: start_ours(ground, directory), "XDP, generic": lambda: start_ours(ground, directory, "generic"),
               "sockets": lambda: start_ours(ground, directory, "off"), "chronyd": lambda: start_chronyd(ground, directory)}
    found = {name: {"rate": [], "cpu": [], "injected": []} for name in servers}
    os.sched_setaffinity(0, {0})
    for _ in range(options.rounds):
        for name, start in servers.items():
            server = start()
            thread = ground.receiving_thread()
            with ground.neighbour.inside():
                link = bpf.attach(bpf.PASS, ground.far)
            rate, cpu = closed_loop(ground, server, thread, options.seconds)
            os.close(link)
            with ground.neighbour.inside():
                link = bpf.attach(bpf.DROP, ground.far)
            generator = bpf.pinned(PIN / "restore")
            found[name]["rate"].append(rate)
            found[name]["cpu"].append(cpu)
            found[name]["injected"].append(injected(ground, generator, options.seconds))
            os.close(generator)
            os.close(link)
            server.stop()
    return found


def ratios(found, name, figure):
    """To chronyd's, round by round. Flooded it answers hardly anybody, so that what it does unflooded counts where that is more."""
    chronyd = found["chronyd"]
    base = [max(a, b) for a, b in zip(chronyd["injected"], chronyd["rate"])] if figure == "injected" else chronyd[figure]
    return [a / b for a, b in zip(found[name][figure], base)]


def alone(ground, directory, rounds):
    """{variant: ([ns], instructions)}."""
    found = {variant[0]: cost(ground, directory, rounds, variant) for variant in VARIANTS}
    return {name: (values, info["bytes_xlated"] // 8) for name, (values, info) in found.items()}


def alone_table(costs):
    yield "| switched on | ns a request | instructions |"
    yield "|---|---|---|"
    for name, (values, size) in costs.items():
        yield f"| {name} | {lab.spread(values, '', 0)} | {size} |"


GOALS = [   # figure, values, must, stretch; at most, or at least
    ("ns a request, neither list nor limit", lambda costs, found: costs["neither"][0], 130, 100, -1),
    ("ns a request, both", lambda costs, found: costs["access list and rate limit"][0], 180, 140, -1),
    ("server CPU to chronyd's", lambda costs, found: ratios(found, "XDP, driver", "cpu"), 0.5, 0.42, -1),
    ("answers to injected frames, to chronyd", lambda costs, found: ratios(found, "XDP, driver", "injected"), 2, 3, 1),
]


def goals_table(costs, found):
    yield "| figure | found | must | stretch | |"
    yield "|---|---|---|---|---|"
    for figure, values_of, must, stretch, way in GOALS:
        values = values_of(costs, found)
        middle = statistics.median(values) * way
        word = "stretch met" if middle >= stretch * way else "met" if middle >= must * way else "not met"
        sign = ">=" if way > 0 else "<="
        yield f"| {figure} | {lab.spread(values, '', 2 if must < 10 else 0)} | {sign} {must} | {sign} {stretch} | {word} |"


def against_table(found):
    yield "| server | closed loop, thousand/s | ratio | CPU us/request | ratio | injected, thousand answers/s | ratio |"
    yield "|---|---|---|---|---|---|---|"
    for name, figures in found.items():
        cpu = f"{lab.spread(figures['cpu'])} | {lab.spread(ratios(found, name, 'cpu'))}" if name != "XDP, generic" else "the sender's | -"
        yield (f"| {name} | {lab.spread([v / 1e3 for v in figures['rate']], '', 0)} | {lab.spread(ratios(found, name, 'rate'))} "
               f"| {cpu} "
               f"| {lab.spread([v / 1e3 for v in figures['injected']], '', 0)} | {lab.spread(ratios(found, name, 'injected'))} |")


def noise(found):
    ruler = found["chronyd"]["rate"]
    if max(ruler) > NOISY * min(ruler):
        return f"**Noisy**: chronyd's own rate differs by {max(ruler) / min(ruler):.1f} between rounds, so the rates say little; nanoseconds and CPU do."
    return f"chronyd's own rate differs by {max(ruler) / min(ruler):.2f} between rounds."


BODY = """median (min-max) of {rounds} rounds, load average {load}.

{goals}

{noise}

## The program alone

`bpftool prog run`: the same request over IPv4 again and again, answered every time, less a program that only puts the request back. Instructions: after
the kernel cut out what is switched off.

{alone}

## Beside chronyd over one veth

The server's processes and the thread that receives at its end of the veth have CPU 1, the generator CPU 0. Closed loop: `bench/load` with 128
requests outstanding over ordinary sockets, which is the limit with XDP. Injected: frames from `BPF_PROG_TEST_RUN` at the other end, as many as it makes, and
the answers that came back. CPU: scheduler time of all the server's processes and of that thread; generic XDP runs where a veth hands packets over, in the sender's time. Ratios are
to chronyd in the same round, of injected frames to the better of its two rates: flooded it starves beside the receiving thread.

{against}
"""


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--seconds", type=float, default=1.0)
    arguments.add_argument("--alone", action="store_true")
    options = arguments.parse_args()
    why_not = bpf.why_not() or (None if (utcd.BUILD / "bench/xdp_lean.o").exists() else "this build has no XDP")
    if why_not:
        print(f"nothing is measured: {why_not}")
        return
    directory = proc.scratch()
    ground = Ground()
    costs = alone(ground, directory, options.rounds)
    if options.alone:
        print("\n".join(alone_table(costs)))
        ground.neighbour.close()
        return
    load_bench(ground, "lean", {})
    try:
        found = against(ground, directory, options)
    finally:
        unload_bench()
        proc.stop_all()
        ground.neighbour.close()
    load = " ".join(pathlib.Path("/proc/loadavg").read_text().split()[:3])
    lab.write("xdp", "XDP", BODY.format(rounds=options.rounds, load=load, goals="\n".join(goals_table(costs, found)), noise=noise(found),
                                        alone="\n".join(alone_table(costs)), against="\n".join(against_table(found))))


if __name__ == "__main__":
    main()
