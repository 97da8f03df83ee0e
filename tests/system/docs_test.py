"""What the documentation tells people to type works."""

import json
import os
import pathlib
import re
import shlex
import subprocess

import pytest

from lib import peers, proc, utcd

README = (utcd.ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCK.findall(README) for line in block.splitlines()]
ASK_THE_DAEMON = ("status", "sources", "clock", "wait-sync")


@pytest.fixture(scope="module")
def quickstart(session_lab, isolated, good_chronyd):
    """The daemon as `make run` starts it, but for its directory, with a server that it can reach in the pool's place, and without this machine's leap seconds,
    which may have expired."""
    run_dir = session_lab.dir / "quickstart"
    run_dir.mkdir()
    daemon = proc.Process("quickstart", [utcd.DAEMON, "--config", "config/quickstart.yaml"], session_lab.dir,
                          {"SIMPLE_UTCD_PROCESS__RUN_DIR": str(run_dir), "SIMPLE_UTCD_SOURCES": json.dumps([utcd.source(good_chronyd.port)]),
                           "SIMPLE_UTCD_LEAP__LIST": "/nowhere"}, cwd=utcd.ROOT)
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


# ---- the pages of docs/ that tell people what to type ----

PAGES = ["quick-start", "install", "configuration", "migration", "monitoring", "troubleshooting"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ASKS = re.compile(r"\butcctl (?:status|sources|clock|wait-sync|doctor)\b[^|&;>\n]*")


def fences(page, kind):
    return [text for found, text in FENCE.findall((utcd.ROOT / f"docs/{page}.md").read_text()) if found == kind]


def run_page(page, directory, control):
    """All shell blocks of the page, one after the other, in one new directory that has `build`, `config` and `packaging`."""
    (directory / "build").symlink_to(utcd.BUILD)
    for folder in ("config", "packaging"):
        (directory / folder).symlink_to(utcd.ROOT / folder)
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("SIMPLE_UTCD_")}, "PATH": f"{utcd.BUILD}:{os.path.dirname(peers.binary('promtool'))}:{os.environ['PATH']}"}
    for block in fences(page, "sh"):
        script = ASKS.sub(lambda match: f"{match.group(0).rstrip()} --socket {control} ", block)
        done = subprocess.run(["sh", "-eu", "-c", script], cwd=directory, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{page}: {block}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", ["quick-start", "monitoring", "troubleshooting"])
def test_page_about_the_running_daemon(page, tmp_path, quickstart):
    run_page(page, tmp_path, quickstart / "control.sock")


@pytest.mark.parametrize("page", ["install", "configuration", "migration"])
def test_page_about_files(page, tmp_path):
    run_page(page, tmp_path, "no-socket")


@pytest.mark.parametrize("page", PAGES)
def test_every_configuration_of_a_page_is_right(page, tmp_path):
    """And every block says what it is: sh is run, yaml is read, text is for a machine that is not this one."""
    assert {kind for kind, _ in FENCE.findall((utcd.ROOT / f"docs/{page}.md").read_text())} <= {"sh", "yaml", "text"}
    for text in fences(page, "yaml"):
        path = tmp_path / "a.yaml"
        path.write_text(text)
        done = proc.run([utcd.DAEMON, "--check-config", "--config", path])
        assert done.returncode == 0, f"{page}: {text}\n{done.stderr}"


# ---- the pages on NTS and on keys: two daemons, each with a file that the page names ----

INDENTED_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
IN_A_SENTENCE = re.compile(r"`build/(simple-utcd|utcctl) ([^`]+)`")


class DemoPage:
    """Elsewhere and at other ports than the page says, so that it disturbs nobody. more: what else is to be replaced."""

    def __init__(self, lab, name, *more):
        self.lab, self.port = lab, proc.free_port()
        text = (utcd.ROOT / f"docs/{name}.md").read_text()
        for told, here in ((f"/tmp/{name}-demo", str(lab.dir / f"{name}-demo")), ("127.0.0.1:12300", f"127.0.0.1:{self.port}"), *more):
            assert told in text, told
            text = text.replace(told, here)
        self.blocks = INDENTED_FENCE.findall(text)
        self.commands = IN_A_SENTENCE.findall(text)

    def shell(self, script):
        done = subprocess.run(["sh", "-eu", "-c", script], cwd=self.lab.dir, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def write(self, text):
        path = pathlib.Path(re.match(r"# (\S+)\n", text)[1])
        path.write_text(text)
        return path

    def daemon(self, path):
        """Of the command that the page has for this file."""
        argv = [shlex.split(words) for program, words in self.commands if program == "simple-utcd" and str(path) in words]
        assert len(argv) == 1, path
        return self.lab.start(lambda directory: proc.Process(path.stem, [utcd.DAEMON, *argv[0]], directory))


def test_nts_page(lab):
    ke_port = proc.free_port()
    page, said = DemoPage(lab, "nts", ("127.0.0.1:4460", f"127.0.0.1:{ke_port}"), ("nts: true, iburst", f"nts: true, nts_port: {ke_port}, iburst")), []
    for kind, text in page.blocks:
        assert kind in ("sh", "yaml")
        if kind == "yaml":
            server = page.daemon(page.write(text))
        elif "s_client" in text:
            said.append(proc.wait_for(lambda text=text: subprocess.run(["sh", "-c", text], capture_output=True, text=True, timeout=20).stdout, what=server.log))
        else:
            said.append(page.shell(text))
    assert "Verify return code: 0 (ok)" in said[1] and "ALPN protocol: ntske/1" in said[1], said[1]
    assert len(said[2].strip()) == 44, "a pin"
    asked = [shlex.split(words) for program, words in page.commands if program == "utcctl" and "--socket" in words]
    assert asked
    for words in asked:
        proc.wait_for(lambda words=words: "good for 90 d" in proc.run([utcd.UTCCTL, *words]).stdout.replace("89 d", "90 d"), timeout=20, what=server.log)


def test_keys_page(lab):
    page = DemoPage(lab, "keys")
    for kind, text in page.blocks:
        if kind == "yaml":
            daemon = page.daemon(page.write(text.replace("port: 12300", f"port: {page.port}")))
        elif kind == "sh":
            page.shell(text)
    asked = [shlex.split(words) for program, words in page.commands if program == "utcctl" and "--socket" in words]
    assert len(asked) == 1
    said = lambda: proc.run([utcd.UTCCTL, *asked[0]]).stdout
    proc.wait_for(lambda: re.search("Authenticated +by key 7", said()) and "it is followed" in said(), timeout=20, what=daemon.log)


def test_no_page_tells_people_to_type_what_no_test_does():
    """Those that are not in PAGES have tests of their own: libutc_test.py, xdp_test.py and those above."""
    telling = {path.stem for path in (utcd.ROOT / "docs").glob("*.md") if "```sh" in path.read_text()}
    assert telling == {*PAGES, "libutc", "xdp", "nts", "keys"}


def test_the_table_of_troubles_is_the_doctors():
    table = proc.run(["python3", utcd.ROOT / "tools/trouble_table.py"]).stdout
    rows = len(re.findall(r"^PROBLEM\(", (utcd.ROOT / "src/observe/problem.def").read_text(), re.MULTILINE))
    assert len(table.splitlines()) == rows + 2 and rows > 10
    assert table in (utcd.ROOT / "docs/troubleshooting.md").read_text(), "run tools/trouble_table.py --write"


def test_the_doctor_looks_for_every_trouble():
    kinds = re.findall(r"^PROBLEM\((\w+)", (utcd.ROOT / "src/observe/problem.def").read_text(), re.MULTILINE)
    looked_for = re.findall(r"PROBLEM_(\w+)[ ,}]", (utcd.ROOT / "src/cli/command_doctor.c").read_text().partition("checks[]")[2].partition("};")[0])
    assert sorted(looked_for) == sorted(kinds)


def test_every_command_of_chronyc_has_its_counterpart_named():
    told = (utcd.ROOT / "docs/migration.md").read_text().partition("### What chronyc was asked for")[2].partition("\n## ")[0]
    told = set(re.findall(r"[a-z]+", " ".join(line.split("|")[1] for line in told.splitlines() if line.startswith("| `"))))
    printed = proc.run([peers.binary("chronyc"), "help"]).stdout
    commands = set(re.findall(r"^([a-z]+)\b", printed, re.MULTILINE)) - {"exit", "help"}
    assert len(commands) > 40 and commands <= told, commands - told


def test_readme_has_commands():
    assert len(COMMANDS) >= 6


def test_every_make_word_of_the_documents_exists():
    targets = set(re.findall(r"^([a-z-]+):", (utcd.ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/status.md", "docs/ARCHITECTURE.md", *(f"docs/{page}.md" for page in PAGES)]:
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
