"""What `make install` puts below DESTDIR, that it runs from there, and that uninstall takes all of it away."""

import os
import re
import subprocess

import pytest

from lib import proc, utcd


def meson(*words, destdir):
    done = subprocess.run(words, env={**os.environ, "DESTDIR": str(destdir)}, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(session_lab):
    destdir = session_lab.dir / "root"
    meson("meson", "install", "-C", utcd.BUILD, "--no-rebuild", destdir=destdir)
    return destdir


def find(root, name):
    """The one installed file of this name."""
    found = [path for path in root.rglob(name) if not path.is_dir()]
    assert len(found) == 1, f"{name}: {found}"
    return found[0]


@pytest.mark.parametrize("program", ["simple-utcd", "utcctl"])
def test_program_runs_from_where_it_was_put(installed, program):
    path = find(installed, ("sbin/" if program == "simple-utcd" else "bin/") + program)
    done = proc.run([path, "--version"] if program == "simple-utcd" else [path, "version"])
    assert "0.1.0" in done.stdout


@pytest.mark.parametrize("page", ["simple-utcd.8", "simple-utcd.yaml.5", "utcctl.1"])
def test_manual_page_is_well_formed(installed, page):
    path = find(installed, page)
    assert path.parent.name == f"man{page[-1]}"
    done = proc.run(["mandoc", "-T", "lint", "-W", "error", path])
    assert done.returncode == 0, done.stdout
    assert "@" not in re.sub(r"\S+@\S+", "", path.read_text())


def test_simulator_runs_an_installed_story(installed, tmp_path):
    story = find(installed, "holdover-and-back.story")
    done = proc.run([find(installed, "bin/utcctl"), "sim", story], cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "holdover-and-back.svg").exists(), done.stdout + done.stderr
    assert find(installed, "simulator.md")


def test_unit_names_the_installed_program(installed):
    text = find(installed, "simple-utcd.service").read_text()
    command = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE).group(1)
    assert "@" not in re.sub("@(system-service|privileged|resources)", "", text)
    assert (installed / command.lstrip("/")).exists()
    for line in ("Type=notify", "NoNewPrivileges=yes", "ProtectSystem=strict", "MemoryDenyWriteExecute=yes"):
        assert line in text


def test_uninstall_leaves_nothing(installed):
    meson("ninja", "-C", utcd.BUILD, "uninstall", destdir=installed)
    assert [path for path in installed.rglob("*") if not path.is_dir()] == []
