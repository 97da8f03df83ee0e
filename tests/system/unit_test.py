"""The systemd unit, judged by systemd itself (no systemd runs here: whether it starts is not shown)."""

import re
import shutil

import pytest

from lib import proc, utcd

UNIT = utcd.BUILD / "packaging/simple-utcd.service"
EXPOSURE_MAX = 2.0
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
def test_the_waiting_unit_exposes_little():
    level, report = exposure(utcd.BUILD / "packaging/simple-utcd-wait.service")
    assert level <= EXPOSURE_MAX, report


@needs_systemd
def test_the_other_units_are_well_formed(lab):
    for path in (utcd.BUILD / "packaging/simple-utcd-wait.service", utcd.ROOT / "packaging/systemd/simple-utcd.socket", UNIT):
        (lab.dir / path.name).write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={utcd.UTCCTL}", path.read_text(), flags=re.MULTILINE))
    done = proc.run(["systemd-analyze", "verify", "--man=no", lab.dir / "simple-utcd-wait.service", lab.dir / "simple-utcd.socket"])
    assert "simple-utcd" not in done.stderr, done.stderr


@needs_systemd
def test_the_unit_is_well_formed(lab):
    copy = lab.dir / UNIT.name
    copy.write_text(re.sub(r"^ExecStart=.*", f"ExecStart={utcd.DAEMON}", UNIT.read_text(), flags=re.MULTILINE))
    done = proc.run(["systemd-analyze", "verify", "--man=no", copy])
    assert copy.name not in done.stderr, done.stderr
