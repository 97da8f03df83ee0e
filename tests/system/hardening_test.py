"""How the programs were built: what the linker and compiler put between a bug and its use, and the list of their parts."""

import json
import pathlib
import re

import pytest

from lib import proc, utcd

INSTALLED = [pathlib.Path(name) for target in json.loads(proc.run(["meson", "introspect", utcd.BUILD, "--targets"], check=True).stdout) if target["installed"]
             for name in target["filename"]]
PROGRAMS = [path for path in INSTALLED if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]     # the library that others link is one of them
pytestmark = pytest.mark.skipif(any(mark in utcd.DAEMON.read_bytes() for mark in (b"__asan_init", b"__gcov_")), reason="an instrumented program is built otherwise")


def readelf(what, program):
    return proc.run(["readelf", "-W", what, program], check=True).stdout


def undefined(program):
    return proc.run(["nm", "-D", "--undefined-only", program], check=True).stdout


def test_none_is_forgotten():
    assert {"simple-utcd", "simple-utcd-resolve", "simple-utcd-ke", "utcctl"} < {path.name for path in PROGRAMS}
    assert any(path.name.startswith("libutc.so") for path in PROGRAMS)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_a_program_is_hardened(program):
    headers, dynamic, called = readelf("-lh", program), readelf("-d", program), undefined(program)
    assert "Position-Independent Executable" in headers or "Shared object file" in headers
    assert "GNU_RELRO" in headers and re.search(r"FLAGS_1.*\bNOW\b", dynamic), "relocated data stays writable"
    assert re.search(r"GNU_STACK.* RW ", headers), "the stack is executable"
    assert not re.search(r"LOAD.* RWE ", headers), "memory that can be written and executed"
    assert "TEXTREL" not in dynamic and not re.search(r"RPATH|RUNPATH", dynamic)
    assert "__stack_chk_fail" in called, "no stack protector"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_a_program_does_not_say_where_it_was_built(program):
    """Else two builds in two places differ."""
    said = program.read_bytes()
    assert [place for place in {utcd.ROOT, utcd.BUILD} if str(place).encode() + b"/" in said] == []


def test_the_daemon_is_fortified_but_for_what_simulators_replace():
    called = undefined(utcd.DAEMON)
    assert "__snprintf_chk" in called
    assert not re.search(r"__(poll|ppoll|recv|recvfrom|read)_chk", called), "a preload simulator would not see it"


@pytest.mark.skipif("x86" not in proc.run(["uname", "-m"]).stdout, reason="CET is x86's")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_every_function_that_may_be_pointed_at_begins_with_endbr(program):
    """CET: -fcf-protection. The C library's own start code of this distribution has none, so the program's note cannot say so."""
    disassembly = proc.run(["objdump", "-d", "--no-show-raw-insn", "-j", ".text", program], check=True).stdout
    assert re.search(r"<main>:\n\s*\S+:\s+endbr", disassembly) or disassembly.count("endbr64") > 10


def test_the_list_of_parts_names_every_library():
    bom = json.loads(proc.run([utcd.ROOT / "tools/sbom", utcd.BUILD], check=True).stdout)
    parts = {part["name"]: part for part in bom["components"]}
    assert bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.5"
    assert {"simple-utcd", "utcctl", "libutc.a", "yaml-0.1", "nettle", "libseccomp", "libc.so.6"} <= parts.keys()
    assert parts["libseccomp"]["scope"] == "excluded" and parts["nettle"]["purl"].startswith("pkg:deb/")
    for program in PROGRAMS:
        assert set(re.findall(r"NEEDED.*\[(.*)\]", readelf("-d", program))) <= parts.keys(), program
        assert parts[program.name]["hashes"][0]["alg"] == "SHA-256"
    assert all(part["version"] for part in parts.values()), [name for name, part in parts.items() if not part["version"]]
