"""Metrics as others read them: promtool judges both formats and the rules, Prometheus scrapes the daemon, and an alert comes when a source dies."""

import json
import re
import signal
import urllib.request

import pytest
import yaml

from lib import http, peers, proc, utcd

HOST = "127.0.0.1"
RULES = utcd.ROOT / "packaging/prometheus"
DASHBOARD = utcd.ROOT / "packaging/grafana/simple-utcd.json"
OURS = re.compile(r"\b(?:instance:|job:)?simple_utcd_[a-z0-9_]+(?::[a-z0-9_]+)?")


@pytest.fixture(scope="module")
def upstream(session_lab):
    chronyd = session_lab.start(peers.Chronyd, "scraped-chronyd").wait_serving()
    yield chronyd
    chronyd.stop()


@pytest.fixture(scope="module")
def daemon(session_lab, upstream):
    daemon = session_lab.utcd({"sources": [utcd.source(upstream.port, max_poll=-2)], "ntp": {"listen": [f"{HOST}:{proc.free_port()}"]},
                               "http": {"listen": [f"{HOST}:{(port := proc.free_port())}"]}}, utcd.PROCESSES, name="scraped")
    daemon.http = port
    daemon.wait_synchronised(30)
    proc.wait_for(lambda: http.get(port, "/startupz").status == 200, 30, what=daemon.log)
    yield daemon
    daemon.stop()


def promtool(*args, **kwargs):
    done = proc.run([peers.binary("promtool"), *args], **kwargs)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rules():
    """{name of what is recorded or alerted: expression}"""
    return {rule.get("record") or rule["alert"]: rule["expr"] for file in RULES.glob("*.yaml") for group in yaml.safe_load(file.read_text())["groups"]
            for rule in group["rules"]}


def dashboard_expressions():
    return [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]]


# ---- what stands in files ----

def test_rules_are_rules_and_do_what_they_say():
    promtool("check", "rules", *sorted(RULES.glob("*.yaml")))
    promtool("test", "rules", utcd.ROOT / "tests/system/prometheus.rules-test.yaml")


def test_every_alert_is_tried():
    tried = (utcd.ROOT / "tests/system/prometheus.rules-test.yaml").read_text()
    assert [name for name in rules() if name.startswith("Simple") and len(re.findall(rf"alertname: {name}\b", tried)) < 3] == []


def test_rules_and_dashboard_ask_for_what_there_is(daemon):
    reply = http.get(daemon.http, "/metrics").text
    rows = re.findall(r"^[A-Z]+\((?:GAUGE|COUNTER), (\w+)", (utcd.ROOT / "src/observe/metrics.def").read_text(), re.MULTILINE)     # also what is not known yet
    there = set(re.findall(r"^# TYPE (\S+)", reply, re.MULTILINE)) | {f"simple_utcd_{name}" for name in rows} | set(rules())
    asked = {name for text in [*rules().values(), *dashboard_expressions()] for name in OURS.findall(text)}
    assert asked and {name for name in asked if name.removesuffix("_bucket") not in there} == set()


def test_the_dashboard_is_one(tmp_path):
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) and all(panel["title"] for panel in panels)
    plain = [re.sub(r"=~\"\$\w+\"", '=~".*"', text) for text in dashboard_expressions()]
    groups = {"groups": [{"name": "dashboard", "rules": [{"record": f"panel:{i}", "expr": text} for i, text in enumerate(plain)]}]}
    (tmp_path / "panels.yaml").write_text(json.dumps(groups))
    promtool("check", "rules", tmp_path / "panels.yaml")


# ---- what is told ----

def test_promtool_finds_nothing_to_say(daemon, tmp_path):
    (tmp_path / "metrics").write_bytes(http.get(daemon.http, "/metrics").body)
    done = proc.run(["sh", "-c", 'exec "$0" check metrics < "$1"', peers.binary("promtool"), tmp_path / "metrics"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class Prometheus(proc.Process):
    """Scrapes one daemon every second and judges our alerts as often, without their patience."""

    def __init__(self, directory, target):
        self.port = proc.free_port()
        alerts = re.sub(r"for: \w+", "for: 0s", (RULES / "alert.rules.yaml").read_text())
        (directory / "alert.rules.yaml").write_text(alerts)
        (directory / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}, "rule_files": ["alert.rules.yaml"],
            "scrape_configs": [{"job_name": "simple-utcd", "static_configs": [{"targets": [f"{HOST}:{target}"]}]}]}))
        super().__init__("prometheus", [peers.binary("prometheus"), f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/tsdb",
                                        f"--web.listen-address={HOST}:{self.port}", "--log.level=warn"], directory)

    def ask(self, path):
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}/api/v1/{path}", timeout=5) as reply:
                return json.load(reply)["data"]
        except OSError:
            return None

    def value(self, query):
        found = (self.ask(f"query?query={query}") or {"result": []})["result"]
        return found and float(found[0]["value"][1])

    def firing(self):
        return {alert["labels"]["alertname"]: alert["annotations"]["summary"] for alert in (self.ask("alerts") or {"alerts": []})["alerts"]
                if alert["state"] == "firing"}


def test_prometheus_scrapes_and_an_alert_comes_when_a_source_dies(lab, daemon, upstream):
    prometheus = lab.start(Prometheus, daemon.http)
    proc.wait_for(lambda: prometheus.value("up") == 1 and prometheus.value("simple_utcd_source_reach") == 8, 40, every=0.2, what=prometheus.log)
    assert "SimpleUtcdSourceSilent" not in prometheus.firing()
    upstream.signal(signal.SIGSTOP)
    try:
        proc.wait_for(lambda: "SimpleUtcdSourceSilent" in prometheus.firing(), 40, every=0.2, what=lambda: f"{prometheus.firing()} {prometheus.log()}")
        assert f"source 127.0.0.1:{upstream.port} does not answer" in prometheus.firing()["SimpleUtcdSourceSilent"]
    finally:
        upstream.signal(signal.SIGCONT)
    proc.wait_for(lambda: "SimpleUtcdSourceSilent" not in prometheus.firing(), 40, every=0.2, what=prometheus.firing)
