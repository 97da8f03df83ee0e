"""What `make install` puts below DESTDIR, that it runs from there, and that uninstall takes all of it away."""

import os
import re
import shutil
import subprocess

import pytest

from lib import proc, utcd


INSTRUMENTED = ["-fsanitize=address,undefined"] if b"__asan_init" in utcd.DAEMON.read_bytes() else []
COUNTS = ["-lgcov"] if b"__gcov_" in utcd.DAEMON.read_bytes() else []


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
    assert "\n.nr HY 0\n" in path.read_text().partition(".TH")[0], "man would hyphenate names"
    done = proc.run(["mandoc", "-T", "lint", "-W", "error", path])
    assert done.returncode == 0, done.stdout
    assert "@" not in re.sub(r"\S+@\S+", "", path.read_text())


@pytest.mark.parametrize("place", ["bash-completion/completions/utcctl", "zsh/site-functions/_utcctl", "fish/vendor_completions.d/utcctl.fish"])
def test_completion_lies_where_the_shell_looks(installed, place):
    assert " explain doctor " in find(installed, place).read_text()


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


def test_units_beside_the_daemons(installed):
    wait = find(installed, "simple-utcd-wait.service").read_text()
    command = re.search(r"^ExecStart=(\S+) wait-sync --timeout 180s$", wait, re.MULTILINE)[1]
    assert (installed / command.lstrip("/")).exists()
    assert "Before=time-sync.target" in wait
    sockets = find(installed, "simple-utcd.socket").read_text()
    assert re.findall(r"^ListenDatagram=(.+)", sockets, re.MULTILINE) == ["0.0.0.0:123", "[::]:123"] and "BindIPv6Only=ipv6-only" in sockets


def test_user_and_folders_are_told_to_systemd(installed):
    found = {path.parent.name: path for path in installed.rglob("simple-utcd.conf")}
    assert set(found) == {"sysusers.d", "tmpfiles.d"}
    assert re.search(r"^u simple-utcd ", found["sysusers.d"].read_text(), re.MULTILINE)
    assert re.search(r"^d /run/simple-utcd 0755 simple-utcd simple-utcd ", found["tmpfiles.d"].read_text(), re.MULTILINE)
    root = installed.parent / "elsewhere"
    (root / "etc").mkdir(parents=True)
    for command, folder in ((["systemd-sysusers"], "sysusers.d"), (["systemd-tmpfiles", "--create"], "tmpfiles.d")):
        if shutil.which(command[0]):    # in this order, since the second needs the user that the first makes
            done = proc.run([*command, f"--root={root}", found[folder]])
            assert "simple-utcd.conf:" not in done.stderr, done.stderr      # so they tell a line that they do not understand


@pytest.fixture(scope="module")
def pkg_config(installed):
    """pkg-config of what was installed, below its own root."""
    pc = find(installed, "utc.pc")
    return {**os.environ, "PKG_CONFIG_PATH": str(pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(installed)}


def test_a_program_is_built_with_pkg_config_alone(installed, pkg_config, tmp_path):
    flags = proc.run(["pkg-config", "--cflags", "--libs", "utc"], env=pkg_config).stdout.split()
    assert any(flag.startswith(f"-I{installed}") for flag in flags) and "-lutc" in flags
    done = proc.run(["cc", "-Wall", "-Werror", find(installed, "utc_now.c"), *INSTRUMENTED, *flags, "-o", tmp_path / "utc_now"])
    assert done.returncode == 0, done.stderr
    library = find(installed, "libutc.so.0.1.0")
    done = proc.run([tmp_path / "utc_now", tmp_path / "nothing"], env={**os.environ, "LD_LIBRARY_PATH": str(library.parent)})
    assert done.returncode == 1 and "the file does not exist" in done.stderr


STATIC_PROGRAM = """#include <stdio.h>
#include <string.h>
#include "utc/utc.h"
int log_text(void), page_read(void);
int log_text(void) { return 20; }
int page_read(void) { return 22; }
int main(void) {
    struct utc *u;
    struct utc_query q = { .host = "fe80::1", .timeout_ms = 1 };
    struct utc_answer a;
    printf("%s; %s; %d\\n", utc_error_text(utc_open(&u, "/nothing/page")), utc_error_text(utc_query(&q, &a)), log_text() + page_read());
    return 0;
}
"""


def test_the_static_library_shows_the_names_of_the_shared_one(installed):
    """So that a program may have its own log_text."""
    shown = [line.split() for line in proc.run(["nm", "--defined-only", "--extern-only", find(installed, "libutc.a")]).stdout.splitlines()]
    names = {line[2] for line in shown if len(line) == 3}
    assert names == set(re.findall(r"^ +(utc_\w+);", (utcd.ROOT / "src/lib/libutc.map").read_text(), re.MULTILINE))


def test_a_program_that_reads_the_page_links_nothing_else(installed, pkg_config, tmp_path):
    """Neither what asks servers nor a library of ciphers."""
    (tmp_path / "own.c").write_text('#include "utc/utc.h"\nint main(void) { struct utc *u; return utc_open(&u, "/nothing/page") == 0; }\n')
    flags = proc.run(["pkg-config", "--cflags", "--libs", "--static", "utc"], env=pkg_config).stdout
    assert "nettle" not in flags
    flags = flags.replace("-lutc", str(find(installed, "libutc.a"))).split()
    done = proc.run(["cc", "-Wall", "-Werror", tmp_path / "own.c", *INSTRUMENTED, *flags, *COUNTS, "-o", tmp_path / "own"])
    assert done.returncode == 0, done.stderr
    names = proc.run(["nm", tmp_path / "own"]).stdout
    assert "page_read" in names and "getaddrinfo" not in names


@pytest.mark.parametrize("static", [[]] if INSTRUMENTED else [[], ["-static"]])     # an instrumented program cannot be static
def test_a_program_with_the_librarys_inner_names_links_it(installed, pkg_config, tmp_path, static):
    (tmp_path / "own.c").write_text(STATIC_PROGRAM)
    library = find(installed, "libutc.a")
    flags = proc.run(["pkg-config", "--cflags", "--libs", "--static", "utc"], env=pkg_config).stdout.replace("-lutc", str(library)).split()
    done = proc.run(["cc", "-Wall", "-Werror", *static, tmp_path / "own.c", *INSTRUMENTED, *flags, *COUNTS, "-o", tmp_path / "own"])
    assert done.returncode == 0, done.stderr
    done = proc.run([tmp_path / "own"])
    assert done.stdout == "the file does not exist; a link-local address needs its interface behind it, such as fe80::1%eth0; 42\n", done.stdout + done.stderr


@pytest.mark.parametrize("function", re.findall(r"^UTC_API [^;(]*?\b(utc_\w+)\(", (utcd.ROOT / "include/utc/utc.h").read_text(), re.MULTILINE))
def test_every_function_has_a_manual_page(installed, function):
    pages = [path for path in installed.rglob("man3/*.3") if path.name == f"{function}.3"]
    assert len(pages) == 1
    page = pages[0]
    if page.read_text().startswith(".so "):
        page = page.parents[1] / page.read_text().split()[1]
    assert function in page.read_text().replace("\\", "")
    assert proc.run(["mandoc", "-T", "lint", "-W", "error", page]).returncode == 0


def test_uninstall_leaves_nothing(installed):
    meson("ninja", "-C", utcd.BUILD, "uninstall", destdir=installed)
    assert [path for path in installed.rglob("*") if not path.is_dir()] == []
