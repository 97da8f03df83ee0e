"""Servers that take turns in one measurement, one measured run of each, and what is concluded from the figures."""

import collections
import json
import os
import socket
import statistics

import lab
from lab import peers, proc, utcd

HOST = "127.0.0.1"
NOISY = 1.3     # spread of the ruler, bench/echo.c, from which on nothing is concluded
TRIES = 3
FULL = 97       # per cent of a CPU at which the generator is the limit
ECHO, CHRONYD, NTPSEC, OPENNTPD, XINETD = "echo", "chronyd", "ntpsec", "openntpd", "xinetd"

Server = collections.namedtuple("Server", "argv port ready")
Goal = collections.namedtuple("Goal", "what value must stretch at_least noisy", defaults=(True, False))


def answers_ntp(port):
    return lambda: lab.ntp.ask(HOST, port, timeout=0.1)


def accepts(port):
    def look():
        with socket.socket() as s:
            return s.connect_ex((HOST, port)) == 0
    return look


# ---- who is measured ----

def echo(size=48):
    port = proc.free_port()
    return Server([utcd.BUILD / "bench/echo", HOST, port, size], port, answers_ntp(port))


def ours(directory, listen=(HOST,), service="ntp", **config):
    """The daemon in its processes; config: whole sections beside those it cannot do without."""
    port = proc.free_port()
    run_dir = directory / f"run-{port}"
    run_dir.mkdir()
    at = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host in listen]
    keys = config.pop(service, {})
    path = directory / f"{port}.yaml"
    path.write_text(json.dumps({"clock": {"mode": "virtual"}, "sources": [], "local": utcd.LOCAL, "process": {"run_dir": str(run_dir)},
                                service: {"listen": at, **keys}, **config}))
    return Server([utcd.DAEMON, "--config", path], port, answers_ntp(port) if service == "ntp" else accepts(port))


def chronyd(directory):
    port = proc.free_port()
    (directory / "chronyd").mkdir(mode=0o700)
    (directory / "chrony.conf").write_text(f"port {port}\nbindaddress {HOST}\nallow 127.0.0.0/8\nlocal stratum 10\n"
                                           f"bindcmdaddress {directory}/chronyd/chronyd.sock\npidfile {directory}/chrony.pid\nuser root\n")
    return Server([peers.binary("chronyd"), "-x", "-d", "-f", f"{directory}/chrony.conf"], port, answers_ntp(port))


def ntpsec(directory):
    return Server(peers.ntpsec_argv(directory), 123, answers_ntp(123))


def openntpd(directory):
    return Server(peers.openntpd_argv(directory, HOST), 123, answers_ntp(123))


def xinetd(directory):
    """Its own TIME, without the limits that would stop it within a second."""
    kinds = (("time-stream", "stream", "tcp", "no"), ("time-dgram", "dgram", "udp", "yes"))
    services = [f"service time\n{{\n id = {name}\n type = INTERNAL\n socket_type = {kind}\n protocol = {protocol}\n wait = {wait}\n user = root\n "
                "instances = UNLIMITED\n per_source = UNLIMITED\n cps = 100000000 1\n disable = no\n}\n" for name, kind, protocol, wait in kinds]
    (directory / "xinetd.conf").write_text("".join(services))
    return Server([peers.binary("xinetd"), "-dontfork", "-f", directory / "xinetd.conf", "-pidfile", directory / "xinetd.pid"], 37, accepts(37))


# ---- one run ----

def cpus():
    """(the generator's, the server's)."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def placed(cpu, priority=20):
    """What a command line begins with; cpu: number or list of numbers. Real time in turns: in SCHED_FIFO a server that polls busily would never let even its
    own parent run."""
    return ["chrt", "-r", str(priority), "taskset", "-c", ",".join(map(str, cpu)) if isinstance(cpu, list) else str(cpu)]


def used(session):
    """(CPU in ns, user time in clock ticks) of the session's processes."""
    cpu = ticks = 0
    for pid in proc.session_members(session):
        cpu += sum(int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0]) for task in os.listdir(f"/proc/{pid}/task"))
        ticks += int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[11])
    return cpu, ticks


class Running:
    """A server between start and stop: `with Running(server, directory) as process`."""

    def __init__(self, server, directory, cpu=None):
        self.server, self.directory = server, directory
        self.prefix = placed(cpus()[1] if cpu is None else cpu)

    def __enter__(self):
        self.process = proc.Process("server", [*self.prefix, *self.server.argv], self.directory)
        try:
            proc.wait_for(self.server.ready, every=0.005, what=self.process.log)
        except AssertionError:
            self.process.stop()
            raise
        return self.process

    def __exit__(self, *_):
        self.process.stop()


def generate(program, server, args, cpu=None):
    """The figures of one run of bench/PROGRAM."""
    done = proc.run([*placed(cpus()[0] if cpu is None else cpu), utcd.BUILD / "bench" / program, HOST, server.port, *args], timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def measure(server, args, directory, program="load", cpu=None):
    """One run: the generator's figures, and what the server used for each request. cpu: the generator's. On a busy machine some server sometimes gets no turn
    at all: such a run says nothing, and another one is made."""
    for _ in range(TRIES):
        with Running(server, directory) as process:
            before = used(process.pid)
            run = generate(program, server, args, cpu)
            cpu, ticks = (after - b for after, b in zip(used(process.pid), before))
        if run["answers"] > 0:
            break
    else:
        raise SystemExit(f"{server.argv[0]} answered nothing, {TRIES} times: {process.log()}")
    requests = max(1, run.get("answers_with_warm_up", run["answers"]))
    run["cpu_us"] = cpu / 1e3 / requests
    run["user_us"] = ticks * 1e6 / os.sysconf("SC_CLK_TCK") / requests
    run["lost_percent"] = 100 * (1 - run["answers"] / max(1, run.get("sent", run["answers"])))
    return run


# ---- figures ----

def column(runs, key):
    return [run[key] for run in runs]


def ratios(runs, others, key):
    """Round by round."""
    return [a[key] / b[key] for a, b in zip(runs, others) if b[key]]


def share(runs, others, key):
    """Of the sums: for what is too coarse in a single run."""
    total = sum(column(others, key))
    return [sum(column(runs, key)) / total] if total else []


def is_noisy(ruler, key="per_second"):
    values = column(ruler, key)
    return max(values) > NOISY * min(values)


def is_full(runs):
    return statistics.median(column(runs, "cpu_percent")) >= FULL


def verdict(goal):
    if not goal.value:
        return "not measured"
    median = statistics.median(goal.value)
    for name, limit in (("stretch met", goal.stretch), ("met", goal.must)):
        if limit is not None and (median >= limit if goal.at_least else median <= limit):
            return name + (", noisy" if goal.noisy else "")
    return "**missed**" + (", noisy: no verdict" if goal.noisy else "")


def goals_table(goals, digits=2):
    rows = ["| figure | measured: median (min-max) | must / stretch | |", "| --- | --- | --- | --- |"]
    for goal in goals:
        sign = ">=" if goal.at_least else "<="
        limits = f"{sign} {goal.must:g}" + ("" if goal.stretch is None else f" / {goal.stretch:g}")
        rows.append(f"| {goal.what} | {lab.spread(goal.value, digits=digits) if goal.value else '-'} | {limits} | {verdict(goal)} |")
    return rows
