"""What testssl.sh, which knows every way to get TLS wrong, says of our port for NTS key establishment."""

import json
import os

import pytest

from lib import peers, proc, utcd
from lib.nts import our_server

HOST = "127.0.0.1"
PARTS = os.environ.get("TESTSSL_PARTS", "-p").split()
HARMLESS = {"OK", "INFO", "DEBUG"}
# Of its own openssl: that it, by default, does not come through to a server of TLS 1.3 alone; that it has no Russian ciphers to try.
OF_ITSELF = {"optimal_proto", "engine_problem"}


@pytest.fixture(scope="module")
def ke_port(session_lab, authority):
    port, ke_port = proc.free_port(), proc.free_port()
    daemon = session_lab.utcd(our_server(authority.sign("for-testssl"), port, ke_port), utcd.PROCESSES, name="testssl")
    daemon.wait_answering(HOST, port)
    proc.wait_for(lambda: proc.run(["openssl", "s_client", "-connect", f"{HOST}:{ke_port}"]).returncode == 0, what=daemon.log)
    yield ke_port
    daemon.stop()


def test_tls_1_3_alone_and_nothing_to_find(lab, ke_port):
    """Here the protocols; at night ciphers, forward secrecy and vulnerabilities by name as well, which takes half a minute more."""
    told = lab.dir / "told.json"
    proc.run([peers.binary("testssl"), "--quiet", "--color", "0", "--warnings", "off", "--openssl-timeout", "5", *PARTS, "--jsonfile", told, f"{HOST}:{ke_port}"],
             timeout=80)
    rows = json.loads(told.read_text())
    found = {row["id"]: row for row in rows}
    assert {row["id"] for row in rows if row["severity"] not in HARMLESS} <= OF_ITSELF, rows
    assert [name for name in ("SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2") if not found[name]["finding"].startswith("not offered")] == []
    assert found["TLS1_3"]["finding"].startswith("offered"), rows
