"""Where the log goes and in which shape: JSON lines against their published schema, logfmt, the journal's native protocol, a real rsyslogd."""

import json
import os
import re
import shlex
import socket

import jsonschema
import pytest

from lib import peers, proc, utcd


class Rsyslogd(proc.Process):
    """Receives on one port by UDP and TCP, and writes what it parsed as JSON lines."""

    def __init__(self, directory):
        self.port, self.out = proc.free_port(), directory / "received"
        parts = "".join(f'\\"{name}\\":\\"%{prop}:::json%\\",' for name, prop in
                        {"version": "protocol-version", "priority": "pri", "app": "app-name", "pid": "procid", "event": "msgid"}.items())
        config = directory / "rsyslog.conf"
        config.write_text(f"""
module(load="imudp") module(load="imtcp")
input(type="imudp" port="{self.port}" address="127.0.0.1")
input(type="imtcp" port="{self.port}" address="127.0.0.1")
template(name="parts" type="string" string="{{{parts}\\"text\\":\\"%msg:::json%\\"}}\\n")
action(type="omfile" file="{self.out}" template="parts")
""")
        modules = next(peers.PEERS.glob("rsyslog/usr/lib/*/rsyslog"))
        super().__init__("rsyslogd", [peers.binary("rsyslogd", "rsyslog"), "-n", "-f", config, "-i", directory / "rsyslog.pid", "-M", modules], directory)
        proc.wait_for(self._accepts, 20, what=self.log)

    def _accepts(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def received(self):
        lines = self.out.read_text().splitlines() if self.out.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]


@pytest.fixture
def rsyslogd(lab):
    daemon = Rsyslogd(lab.dir)
    yield daemon
    daemon.stop()


@pytest.mark.parametrize("mode", utcd.MODES)
@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_rsyslogd_receives_by_rfc_5424(lab, rsyslogd, protocol, mode):
    """The confined core logs as well: what it says of its source arrives."""
    daemon = lab.utcd({"sources": [utcd.source(proc.free_port())], "log": {"remote": [f"127.0.0.1:{rsyslogd.port}"], "remote_protocol": protocol}}, mode)

    def told():
        found = {entry["event"]: entry for entry in rsyslogd.received() if entry["app"] == "simple-utcd"}
        return "source_added" in found and "clock_mode" in found and found
    found = proc.wait_for(told, 20, what=lambda: f"{rsyslogd.received()}\n{daemon.log()}")
    clock = found["clock_mode"]
    assert clock["version"] == "1" and clock["priority"] == str(3 * 8 + 5) and int(clock["pid"]) > 0
    assert clock["text"].strip() == "clock: virtual (clock.mode is virtual)"
    assert (found["source_added"]["pid"] != clock["pid"]) == (mode == utcd.PROCESSES)
    assert daemon.running()


def test_a_syslog_server_that_is_away_holds_nothing_up(lab):
    port = proc.free_port()
    daemon = lab.utcd({"local": utcd.LOCAL, "log": {"remote": [f"127.0.0.1:{port}"], "remote_protocol": "tcp"}}, utcd.PROCESSES)
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")


def busy(lab, log):
    """A daemon that tells of many things: a good source, a liar, one that is silent, a change of configuration that is refused; its lines."""
    good, too, liar = lab.start(peers.Chronyd, "good"), lab.start(peers.Chronyd, "too"), lab.start(peers.Chronyd, "liar", fake="+60s")
    daemon = lab.utcd({"sources": [utcd.source(good.wait_serving().port), utcd.source(liar.port), utcd.source(proc.free_port()),
                                   utcd.source(too.wait_serving().port)],
                       "rate_limit": {}, "ntp": {"listen": [f"127.0.0.1:{proc.free_port()}"]}, "log": {"level": "debug", **log}}, utcd.PROCESSES)
    daemon.wait_synchronised(30)
    proc.wait_for(lambda: "disagrees" in daemon.log() or "falseticker" in daemon.log(), 30, what=daemon.log)
    daemon.stop()
    return [line for line in daemon.log().splitlines() if line.strip()]


def test_every_json_line_fits_the_published_schema(lab):
    schema = json.loads((utcd.BUILD / "log.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    lines = [json.loads(line) for line in busy(lab, {"format": "json"})]
    for line in lines:
        validator.validate(line)
    assert {"started", "clock_mode", "source_added", "source_falseticker", "synchronised", "stopped"} <= {line["event"] for line in lines}
    assert not validator.is_valid({**lines[0], "level": "panic"}) and not validator.is_valid({**lines[0], "event": "no_such_event"})


def test_logfmt(lab):
    """shlex reads quotation marks as logfmt has them."""
    for line in busy(lab, {"format": "logfmt"}):
        pairs = dict(word.split("=", 1) for word in shlex.split(line))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z", pairs["time"]) and pairs["level"] and pairs["event"]


def test_topics_have_levels_of_their_own(lab):
    daemon = lab.utcd({"sources": [utcd.source(proc.free_port())], "log": {"level": "error", "topics": ["sources=debug"]}})
    proc.wait_for(lambda: ": source 127.0.0.1:" in daemon.log(), what=daemon.log)
    assert "started" not in daemon.log() and "clock: virtual" not in daemon.log()
    path = lab.dir / "wrong.yaml"
    path.write_text("log: { topics: [source=debug] }\n")
    wrong = proc.run([utcd.DAEMON, "--check-config", "--config", path])
    assert wrong.returncode == 3 and "sources" in wrong.stderr and ":1:" in wrong.stderr


def test_the_journal_gets_native_fields(lab):
    """A socket of ours stands in the journal's place; /run is the daemon's own."""
    journal = lab.dir / "journal"
    journal.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stand_in:
        stand_in.bind(str(journal / "socket"))
        stand_in.settimeout(0.2)
        os.chmod(journal / "socket", 0o666)
        mounts = f'mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind {journal} /run/systemd/journal && exec "$@"'
        daemon = lab.utcd({"sources": [utcd.source(proc.free_port())], "log": {"target": "journal"}}, utcd.PROCESSES,
                          prefix=["unshare", "--mount", "sh", "-c", mounts, "sh"])
        entries = []

        def told():
            try:
                entries.append(dict(line.split("=", 1) for line in stand_in.recv(65536).decode().splitlines()))
            except TimeoutError:
                assert daemon.running(), daemon.log()
            return {"clock_mode", "source_added"} <= {entry["UTC_EVENT"] for entry in entries}
        proc.wait_for(told, 20, what=lambda: f"{entries}\n{daemon.log()}")
    clock = next(entry for entry in entries if entry["UTC_EVENT"] == "clock_mode")
    assert clock == {"MESSAGE": "clock: virtual (clock.mode is virtual)", "PRIORITY": "5", "SYSLOG_IDENTIFIER": "simple-utcd", "UTC_EVENT": "clock_mode",
                     "UTC_TOPIC": "clock", "UTC_MODE": "virtual", "UTC_REASON": "clock.mode is virtual"}
    added = next(entry for entry in entries if entry["UTC_EVENT"] == "source_added")
    assert added["UTC_TOPIC"] == "sources" and added["UTC_SOURCE"] == added["UTC_ADDRESS"]
