"""The templates, the JSON Schema and the printed configuration: three faces of the same rows."""

import json
import os
import subprocess

import jsonschema
import pytest
import yaml

from lib import utcd

ROOT = utcd.ROOT
TEMPLATES = sorted((ROOT / "config").glob("*.yaml"))
CONFIGURATION = 3       # exit code


def daemon(*args):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SIMPLE_UTCD_")}
    return subprocess.run([utcd.DAEMON, *map(str, args)], capture_output=True, text=True, timeout=20, env=clean)


def write(directory, text, name="simple-utcd.yaml"):
    path = directory / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def values(printed):
    """What --print-config says without its origins."""
    return yaml.safe_load(printed)


@pytest.fixture(scope="module")
def schema():
    schema = json.loads((utcd.BUILD / "simple-utcd.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: p.name)
def test_template_loads_and_fits_the_schema(template, schema):
    done = daemon("--config", template, "--check-config")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{template}: ok\n")
    schema.validate(yaml.safe_load(template.read_text()))


def test_there_are_templates():
    assert {"quickstart.yaml", "client.yaml", "lan-server.yaml"} <= {p.name for p in TEMPLATES}


def test_quickstart_serves_this_machine_alone():
    quickstart = values(daemon("--config", ROOT / "config/quickstart.yaml", "--print-config").stdout)
    assert quickstart["clock"]["mode"] == "virtual"
    assert quickstart["ntp"]["listen"] == ["127.0.0.1:11123", "[::1]:11123"]
    assert all(address.startswith(("127.0.0.1:10037", "[::1]:10037")) for address in quickstart["time"]["listen"])
    assert all(address.startswith(("127.0.0.1:10013", "[::1]:10013")) for address in quickstart["daytime"]["listen"])
    assert quickstart["http"]["listen"] == ["127.0.0.1:8037"]
    assert quickstart["local"]["stratum"] == 10 and quickstart["local"]["error"] == "1s"


def test_without_a_file_quickstart_less_what_it_serves():
    """No configuration file: the same defaults as quickstart, but nobody is served and nothing is stated."""
    nothing = values(daemon("--print-config").stdout)
    quickstart = values(daemon("--config", ROOT / "config/quickstart.yaml", "--print-config").stdout)
    assert nothing.pop("clock")["mode"] == "auto"
    for section in ("ntp", "time", "daytime", "http"):
        assert nothing[section].pop("listen") == []
        quickstart[section].pop("listen")
    for section in ("clock", "local"):
        quickstart.pop(section)
    assert nothing == quickstart


def test_the_pool_is_named_in_one_place():
    """No source but daemon/wire.c and no template names the public pool."""
    name = values(daemon("--print-config").stdout)["sources"][0]["pool"]
    places = [file.relative_to(ROOT).as_posix() for folder in ("src", "config", "sim", "tests", "include")
              for file in (ROOT / folder).rglob("*") if file.is_file() and name.encode() in file.read_bytes()]
    assert places == ["src/daemon/wire.c"]


def test_printed_configuration_is_one(tmp_path, schema):
    """It reads back to the same values, by our reader and by PyYAML, and fits the schema."""
    text = ("clock: { drift_file: '/a b#c', max_drift: 0.25 ppm, panic_threshold: 1.5h }\n"
            "ntp: { listen: ['*:5', '[::1]:6'] }\nsources: [{ server: a, min_poll: -2, max_poll: 0 }, { pool: b.c }, { shm: 0, error: 5ms, offset: -1.5ms, refid: GPS }]\n"
            "local: { public: true }\ndaytime: { udp_from: ['10.0.0.0/8'] }\n")
    first = daemon("--config", write(tmp_path, text), "--print-config")
    assert first.returncode == 0, first.stderr
    second = daemon("--config", write(tmp_path, first.stdout, "printed.yaml"), "--print-config")
    assert values(first.stdout) == values(second.stdout)
    schema.validate(values(first.stdout))
    assert values(first.stdout)["clock"]["panic_threshold"] == "1h30m"
    assert values(first.stdout)["sources"][2]["offset"] == "-1ms500us"


def test_json_is_read_alike(tmp_path):
    config = {"ntp": {"listen": ["127.0.0.1:5"]}, "sources": [{"server": "a", "iburst": False}], "clock": {"mode": "virtual"}}
    as_json = daemon("--config", write(tmp_path, json.dumps(config), "a.json"), "--print-config")
    as_yaml = daemon("--config", write(tmp_path, yaml.safe_dump(config), "a.yaml"), "--print-config")
    assert as_json.returncode == 0, as_json.stderr
    assert values(as_json.stdout) == values(as_yaml.stdout)


def test_CFG_09_world_writable_file(tmp_path):
    path = write(tmp_path, "")
    path.chmod(0o666)
    done = daemon("--config", path, "--check-config")
    assert done.returncode == CONFIGURATION and "chmod o-w" in done.stderr


WRONG = ["{clok: {}}", "{clock: {mode: systm}}", "{clock: {step_limit: -1}}", "{clock: {max_drift: 1}}", "{ntp: {listen: 5}}", "{sources: [{prt: 1}]}",
         "{clock: {panic_threshold: 5 m}}", "{log: [x]}", "{clock: {panic_threshold: 1s1h}}"]


@pytest.mark.parametrize("text", WRONG)
def test_schema_and_reader_refuse_alike(tmp_path, schema, text):
    assert not schema.is_valid(yaml.safe_load(text))
    assert daemon("--config", write(tmp_path, text), "--check-config").returncode == CONFIGURATION
