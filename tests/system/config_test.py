"""A configuration that is wrong: a sentence that says where and what to do, exit code 3, nothing started."""

import json
import os
import socket

import pytest

from lib import proc, utcd

CONFIGURATION, PERMISSION = 3, 4


def check(lab, content, *args, prefix=()):
    """simple-utcd --check-config of a file with this content: (exit code, errors)."""
    path = lab.dir / "test.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = proc.run([*prefix, utcd.DAEMON, "--check-config", "--config", path, *args])
    return done.returncode, done.stderr


def refused(lab, content, *words):
    code, errors = check(lab, content)
    assert code == CONFIGURATION, errors
    for word in words:
        assert word in errors, f"{word!r} is not in: {errors}"
    daemon = proc.Process("refused", [utcd.DAEMON, "--one-process", "--config", lab.dir / "test.yaml"], lab.dir)
    try:
        assert daemon.wait(2) == CONFIGURATION, daemon.log()
    finally:
        daemon.stop()


GOOD = "sources:\n- {server: 127.0.0.1, port: 1123}\nclock: {mode: virtual}\n"

REFUSED = [
    ("CFG_02_nul", GOOD.encode() + b"\0", []),
    ("CFG_02_invalid_utf_8", b"clock: {drift_file: \"\xff\xfe\"}\n", [":1:"]),
    ("CFG_02_a_line_of_1_MiB", b"log: {level: " + b"x" * (1 << 20) + b"}\n", []),
    ("CFG_02_no_yaml", "clock: {mode: virtual\n", [":"]),
    ("CFG_03_unknown_key", "clock: {mod: virtual}\n", [":1:9", "mod", "mode"]),
    ("CFG_03_unknown_section", "clok: {mode: virtual}\n", [":1:1", "clok", "clock"]),
    ("CFG_03_key_twice", "clock: {mode: virtual, mode: auto}\n", [":1:", "mode", "twice"]),
    ("CFG_03_section_twice", "clock: {mode: virtual}\nclock: {mode: auto}\n", [":2:1", "clock", "twice"]),
    ("CFG_03_value_missing", "sources:\n- {server: 127.0.0.1, port: }\n", [":2:", "port"]),
    ("CFG_03_wrong_choice", "clock: {mode: sometimes}\n", [":1:15", "sometimes", "auto", "system", "virtual"]),
    ("CFG_04_huge_number", "sources:\n- {server: 127.0.0.1, port: 99999999999999999999}\n", ["port", "65535"]),
    ("CFG_04_negative", "sources:\n- {server: 127.0.0.1, port: -1}\n", ["port", "65535"]),
    ("CFG_04_nan", "clock: {max_drift: NaN}\n", ["max_drift"]),
    ("CFG_04_inf", "clock: {max_drift: inf}\n", ["max_drift"]),
    ("CFG_04_1e400", "clock: {max_drift: 1e400ppm}\n", ["max_drift"]),
    ("CFG_04_hexadecimal", "sources:\n- {server: 127.0.0.1, port: 0x10}\n", ["port"]),
    ("CFG_04_space_m", "holdover: {max_error: \"5 m\"}\n", ["max_error"]) ,
    ("CFG_04_two_to_63", "clock: {step_limit: 9223372036854775808}\n", ["step_limit", "1000"]),
    ("CFG_06_port_0", "sources:\n- {server: 127.0.0.1, port: 0}\n", ["port", "65535"]),
    ("CFG_06_port_65536", "sources:\n- {server: 127.0.0.1, port: 65536}\n", ["port", "65535"]),
    ("CFG_06_listen_port_65536", "ntp: {listen: [\"127.0.0.1:65536\"]}\n", ["listen"]),
    ("CFG_06_poll_18", "sources:\n- {server: 127.0.0.1, max_poll: 18}\n", ["max_poll", "17"]),
    ("CFG_06_poll_25", "sources:\n- {server: 127.0.0.1, max_poll: 25}\n", ["max_poll", "17"]),
    ("CFG_06_prefix_33", "daytime: {udp_from: [10.0.0.0/33]}\n", ["udp_from"]),
    ("CFG_06_prefix_129", "daytime: {udp_from: [\"::1/129\"]}\n", ["udp_from"]),
    ("CFG_06_host_name_of_254", "sources:\n- {server: " + "a" * 254 + "}\n", ["server"]),
    ("neither_server_nor_pool", "sources:\n- {port: 123}\n", ["server", "pool"]),
    ("local_for_the_world", "local: {stratum: 10}\nntp: {listen: [\"192.0.2.1:123\"]}\n", ["local", "loopback"]),
]


@pytest.mark.parametrize("content, words", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused(lab, content, words):
    refused(lab, content, *words)


def test_CFG_10_a_user_that_does_not_exist(lab):
    """Told before a socket is bound: the port that is taken as well is not what is complained about."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        daemon = lab.utcd({"process": {"user": "nobody-has-this-name"}, "local": utcd.LOCAL,
                           "ntp": {"listen": [f"127.0.0.1:{other.getsockname()[1]}"]}},
                          prefix=[] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"])
        assert daemon.wait(5) == CONFIGURATION
    assert "nobody-has-this-name" in daemon.log() and "process.user" in daemon.log()


ACCEPTED = [
    ("CFG_01_empty", ""),
    ("CFG_02_crlf", GOOD.replace("\n", "\r\n")),
    ("CFG_02_byte_order_mark", b"\xef\xbb\xbf" + GOOD.encode()),
    ("CFG_02_no_final_newline", GOOD.rstrip("\n")),
    ("block_style", "sources:\n  - server: 127.0.0.1\n    port: 1123\nclock:\n  mode: virtual\n"),
    ("json", json.dumps({"sources": [{"server": "127.0.0.1", "port": 1123}], "clock": {"mode": "virtual"}})),
]


@pytest.mark.parametrize("content", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_accepted(lab, content):
    code, errors = check(lab, content)
    assert (code, errors) == (0, "")


def test_CFG_01_missing_file(lab):
    done = proc.run([utcd.DAEMON, "--config", lab.dir / "nowhere.yaml"])
    assert done.returncode == CONFIGURATION and "nowhere.yaml" in done.stderr


def test_CFG_01_directory(lab):
    done = proc.run([utcd.DAEMON, "--config", lab.dir])
    assert done.returncode == CONFIGURATION and str(lab.dir) in done.stderr


def test_CFG_01_unreadable_file(lab):
    path = lab.dir / "test.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    done = proc.run([*prefix, utcd.DAEMON, "--check-config", "--config", path])
    assert done.returncode == CONFIGURATION and "test.yaml" in done.stderr


def test_all_errors_at_once(lab):
    code, errors = check(lab, "clock: {mod: virtual, max_drift: -1ppm}\nsources:\n- {server: a, port: 0}\n- {sever: b}\n")
    assert code == CONFIGURATION
    for place in (":1:9", ":1:", ":3:", ":4:"):
        assert place in errors, errors


def test_environment_overlay_and_origin(lab):
    path = lab.dir / "test.yaml"
    path.write_text(GOOD)
    done = proc.run([utcd.DAEMON, "--print-config", "--config", path], env={"SIMPLE_UTCD_CLOCK__MAX_DRIFT": "7ppm"})
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any("max_drift" in line and "7" in line and "SIMPLE_UTCD_CLOCK__MAX_DRIFT" in line for line in lines), done.stdout
    assert any("mode" in line and "virtual" in line and f"{path.name}:3" in line for line in lines), done.stdout
    assert any("panic_threshold" in line and "default" in line for line in lines), done.stdout
    wrong = proc.run([utcd.DAEMON, "--check-config", "--config", path], env={"SIMPLE_UTCD_CLOCK__MAX_DRIFT": "much"})
    assert wrong.returncode == CONFIGURATION and "SIMPLE_UTCD_CLOCK__MAX_DRIFT" in wrong.stderr
    unknown = proc.run([utcd.DAEMON, "--check-config", "--config", path], env={"SIMPLE_UTCD_CLOCK__MAX_DRFT": "1ppm"})
    assert unknown.returncode == CONFIGURATION and "max_drift" in unknown.stderr.lower()


def test_unknown_option_of_the_command_line():
    done = proc.run([utcd.DAEMON, "--serve-lunch"])
    assert done.returncode == 2 and "--serve-lunch" in done.stderr


def test_bytes_of_the_file_are_escaped(lab):
    code, errors = check(lab, b"clock: {mode: \"\\e[31mred\"}\n")
    assert code == CONFIGURATION and "\x1b" not in errors


def test_CFG_10_unknown_user(lab):
    """Refused before anything is bound; who is not root cannot become another user anyway and is told so."""
    port = proc.free_port()
    daemon = lab.utcd({"process": {"user": "nobody-of-this-name"}, "local": utcd.LOCAL, "ntp": {"listen": [f"127.0.0.1:{port}"]}})
    assert daemon.wait(2) in (CONFIGURATION, PERMISSION)
    assert "nobody-of-this-name" in daemon.log()
    assert not daemon.socket_path.exists()
