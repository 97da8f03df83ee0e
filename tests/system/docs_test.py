"""What the documentation tells people to type works."""

import json
import pathlib
import re
import shlex

import pytest

from lib import proc, utcd

README = (utcd.ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCK.findall(README) for line in block.splitlines()]
ASK_THE_DAEMON = ("status", "sources", "clock", "wait-sync")


@pytest.fixture(scope="module")
def quickstart(session_lab, isolated):
    """The daemon as `make run` starts it, but for its directory. In this network the pool cannot be reached."""
    run_dir = session_lab.dir / "quickstart"
    run_dir.mkdir()
    daemon = proc.Process("quickstart", [utcd.DAEMON, "--config", "config/quickstart.yaml"], session_lab.dir,
                          {"SIMPLE_UTCD_PROCESS__RUN_DIR": str(run_dir)}, cwd=utcd.ROOT)
    proc.wait_for(lambda: proc.run([utcd.UTCCTL, "status", "--socket", run_dir / "control.sock"]).returncode in (0, 7), what=daemon.log)
    yield run_dir
    daemon.stop()


def argv(command, run_dir):
    """A command of the README for the build under test and the daemon of this test."""
    words = shlex.split(command)
    words = [str(utcd.BUILD / word.removeprefix("build/")) if word.startswith("build/") else word for word in words]
    if words[0] == str(utcd.UTCCTL) and words[1] in ASK_THE_DAEMON:
        words += ["--socket", str(run_dir / "control.sock")]
    return words


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_command(command, quickstart):
    done = proc.run(argv(command, quickstart), cwd=utcd.ROOT)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert done.stdout.strip(), f"{command} says nothing"


def test_readme_has_commands():
    assert len(COMMANDS) >= 6


def test_every_make_word_of_the_documents_exists():
    targets = set(re.findall(r"^([a-z-]+):", (utcd.ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/status.md", "docs/ARCHITECTURE.md"]:
        for word in re.findall(r"`make ([a-z-]+)", (utcd.ROOT / document).read_text()):
            assert word in targets, f"{document}: make {word}"


def test_every_path_of_the_status_page_exists():
    for path in re.findall(r"`((?:src|tests|sim|fuzz|tools|docs|bench|\.ci)(?:/[\w./-]+)?)`", (utcd.ROOT / "docs/status.md").read_text()):
        assert (utcd.ROOT / path).exists(), path


def test_manual_names_every_key():
    manual = (utcd.BUILD / "config-keys.scd").read_text()
    schema = json.loads((utcd.BUILD / "simple-utcd.schema.json").read_text())
    for section, rows in schema["properties"].items():
        keys = rows.get("properties") or rows.get("items", {}).get("properties", {})
        for key in [section, *keys]:
            assert key.replace("_", "\\_") in manual or key in manual, f"{section}.{key}"


def test_changelog_names_this_version():
    version = re.search(r"version: '([\d.]+)'", (utcd.ROOT / "meson.build").read_text()).group(1)
    assert f"## [{version}]" in (utcd.ROOT / "CHANGELOG.md").read_text()
