"""The systemd units, judged by systemd itself; tests/guest/units has them run."""

import re
import shutil

import pytest

from lib import proc, utcd

UNIT = utcd.BUILD / "packaging/simple-utcd.service"
EXPOSURE_MAX = 2.0
ROLES_MAX = {"serve@": 0.3, "ke": 0.8, "admin": 1.0, "clock": 1.2}
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def exposure(unit):
    out = proc.run(["systemd-analyze", "security", "--no-pager", "--offline=true", unit]).stdout
    return float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", out)[1]), out


@needs_systemd
def test_SC_03_the_unit_exposes_little():
    level, report = exposure(UNIT)
    print(f"{UNIT.name}: {level}")
    assert level <= EXPOSURE_MAX, report


@needs_systemd
def test_a_unit_without_walls_is_found_out(lab):
    """The judge can say no."""
    bare = lab.dir / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert exposure(bare)[0] > 9


@needs_systemd
@pytest.mark.parametrize("role", ROLES_MAX)
def test_SC_03_the_unit_of_a_role_exposes_less(role):
    level, report = exposure(utcd.BUILD / f"packaging/simple-utcd-{role}.service")
    print(f"{role}: {level}")
    assert level <= ROLES_MAX[role], report


def calls_of_set(name):
    """As this machine's systemd has it, sets within sets included."""
    lines = [line.strip() for line in proc.run(["systemd-analyze", "syscall-filter", name]).stdout.splitlines()[1:]]
    return {call for line in lines if line and not line.startswith("#") for call in (calls_of_set(line) if line.startswith("@") else {line})}


def permitted_calls(unit):
    """By its lines SystemCallFilter=, from the first to the last."""
    permitted = set()
    for line in re.findall(r"^SystemCallFilter=(.*)", unit.read_text(), flags=re.MULTILINE):
        named = {call for word in line.lstrip("~").split() for call in (calls_of_set(word) if word.startswith("@") else {word})}
        permitted = permitted - named if line.startswith("~") else permitted | named
    return permitted


@needs_systemd
def test_the_processes_may_confine_themselves():
    """Each of them puts walls of its own inside the unit's: what that takes is permitted, and so is what its own list of calls holds."""
    own = re.findall(r"^CALL(?:_IF|_LOW)?\((\w+), (\w+)", (utcd.ROOT / "src/host/sandbox.def").read_text(), flags=re.MULTILINE)
    lists = {role: {call for owner, call in own if owner == role} for role, _ in own}
    units = {UNIT: lists.keys(), **{utcd.BUILD / f"packaging/simple-utcd-{role}.service": {role.rstrip("@").upper()} for role in ROLES_MAX}}
    foreign = {"clock_adjtime64", "clock_settime64", "mmap2"}    # names of machines with 32 bits
    for unit, roles in units.items():
        needed = {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "capset", "prctl"}.union(*(lists[role] for role in roles))
        missing = needed - foreign - permitted_calls(unit)
        assert not missing, f"{unit.name}: {missing}"


@pytest.mark.parametrize("role", ("ke", "admin"))
def test_what_is_not_time_comes_after_it(role):
    """Inside a unit a program may not lower itself, so the unit says what the program would."""
    own = re.search(r"^#define NICE (\d+)", (utcd.ROOT / f"src/{role}/server.c").read_text(), flags=re.MULTILINE)[1]
    assert f"\nNice={own}\n" in (utcd.BUILD / f"packaging/simple-utcd-{role}.service").read_text()


@needs_systemd
def test_the_waiting_unit_exposes_little():
    level, report = exposure(utcd.BUILD / "packaging/simple-utcd-wait.service")
    assert level <= EXPOSURE_MAX, report


@needs_systemd
def test_the_other_units_are_well_formed(lab):
    roles = [utcd.BUILD / f"packaging/simple-utcd-{role}.service" for role in ROLES_MAX]
    for path in (*roles, utcd.BUILD / "packaging/simple-utcd-wait.service", utcd.ROOT / "packaging/systemd/simple-utcd.socket", UNIT):
        (lab.dir / path.name).write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={utcd.UTCCTL}", path.read_text(), flags=re.MULTILINE))
    done = proc.run(["systemd-analyze", "verify", "--man=no", lab.dir / "simple-utcd-wait.service", lab.dir / "simple-utcd.socket",
                     *(lab.dir / role.name.replace("@", "@0") for role in roles)])
    assert "simple-utcd" not in done.stderr, done.stderr


@needs_systemd
def test_the_unit_is_well_formed(lab):
    copy = lab.dir / UNIT.name
    copy.write_text(re.sub(r"^(Exec\w+)=\S+", rf"\1={utcd.DAEMON}", UNIT.read_text(), flags=re.MULTILINE))
    done = proc.run(["systemd-analyze", "verify", "--man=no", copy])
    assert copy.name not in done.stderr, done.stderr
