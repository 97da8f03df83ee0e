"""Certificates beyond the name: pinned keys, a trust store for one source, lists of the revoked, clients that show one, and words before one ends."""

import json
import re
import socket
import ssl

import pytest

from lib import certificate, http, ntp, peers, proc, utcd
from lib.nts import NtsChronyd, source

HOST = "127.0.0.1"
REFUSED = "no NTS keys from localhost"


@pytest.fixture(scope="module")
def pair(authority):
    return authority.sign("good")


@pytest.fixture(scope="module")
def chronyd(session_lab, pair):
    return NtsChronyd(session_lab, pair, "certified-chronyd")


def client(lab, sources, **nts):
    return lab.utcd({"sources": sources, "nts": nts})


def wait_refused(daemon, words):
    proc.wait_for(lambda: REFUSED in daemon.log(), what=daemon.log)
    assert words in daemon.log(), daemon.log()
    assert daemon.status()["clock"]["status"] == "not synchronised"


def test_a_pin_takes_the_place_of_authorities(lab, chronyd, pair):
    """Nobody here trusts that authority; the key is the right one."""
    client(lab, [source(chronyd.ke_port, nts_pin=certificate.pin_of(pair[0]))]).wait_synchronised(20)


def test_a_source_added_at_run_time_has_its_own_pin(lab, authority, chronyd, pair):
    """Before it in the configuration is one that pins another key: the words of one are not taken for the other's."""
    other = certificate.pin_of(authority.sign("another-yet")[0])
    daemon = client(lab, [source(chronyd.ke_port, nts_pin=other)])
    wait_refused(daemon, "not the one of nts_pin")
    words = [f"{key}={json.dumps(value)}" for key, value in source(chronyd.ke_port, nts_pin=certificate.pin_of(pair[0])).items() if key != "server"]
    assert daemon.ctl("sources", "remove", "localhost").returncode == 0
    done = daemon.ctl("sources", "add", "localhost", *words)
    assert done.returncode == 0, done.stderr
    daemon.wait_synchronised(30)


def test_another_key_than_the_pinned_one(lab, authority, chronyd):
    """Though its certificate is as good as can be."""
    pin = certificate.pin_of(authority.sign("another")[0])
    wait_refused(client(lab, [source(chronyd.ke_port, nts_pin=pin)], trusted_certificates=str(authority.pem)), "not the one of nts_pin")


def test_a_pin_does_not_excuse_name_and_dates(lab, authority):
    for i, (how, words) in enumerate((({"subject_alt": "DNS:elsewhere.test"}, "mismatch"), ({"days": ("-days", "-1")}, "expired"))):
        bad = authority.sign(f"bad-{i}", **how)
        server = NtsChronyd(lab, bad, f"bad-{i}")
        wait_refused(lab.utcd({"sources": [source(server.ke_port, nts_pin=certificate.pin_of(bad[0]))]}, name=f"client-{i}"), words)


@pytest.mark.parametrize("pin", ["sha1//AAAA", "sha256//", "sha256//" + "A" * 42 + "=", "sha256//" + "A" * 44, "A" * 44])
def test_what_is_no_pin(lab, pin):
    daemon = client(lab, [source(4460, nts_pin=pin)])
    assert daemon.wait(5) == 3 and "sources[0].nts_pin: " in daemon.log(), daemon.log()


def test_a_source_has_a_trust_store_of_its_own(lab, authority, chronyd):
    other = certificate.Authority(lab.dir, "other")
    client(lab, [source(chronyd.ke_port, nts_trusted=str(authority.pem))], trusted_certificates=str(other.pem)).wait_synchronised(20)
    wait_refused(lab.utcd({"sources": [source(chronyd.ke_port, nts_trusted=str(other.pem))], "nts": {"trusted_certificates": str(authority.pem)}}, name="second"),
                 "unable to get local issuer")


def test_revoked_certificates(lab, authority, chronyd, pair):
    bad = authority.sign("revoked")
    revoked = str(authority.revoke(bad[0]))
    good = {"trusted_certificates": str(authority.pem), "revoked_certificates": revoked}
    client(lab, [source(chronyd.ke_port)], **good).wait_synchronised(20)
    server = NtsChronyd(lab, bad, "revoked")
    wait_refused(lab.utcd({"sources": [source(server.ke_port)], "nts": good}, name="second"), "certificate revoked")
    other = certificate.Authority(lab.dir, "no-list")
    server = NtsChronyd(lab, other.sign("of-no-list"), "no-list")
    wait_refused(lab.utcd({"sources": [source(server.ke_port, nts_trusted=str(other.pem))], "nts": good}, name="third"), "unable to get certificate CRL")


def test_an_authority_in_between_that_is_revoked(lab, authority):
    """Its own list says nothing against what it signs: the one above names it. Of each authority of the chain there has to be a list."""
    between, lists = certificate.Authority(lab.dir, "between", above=authority), lab.dir / "lists.pem"
    pem, private = between.sign("below")
    pem.write_text(pem.read_text() + between.pem.read_text())
    server, good = NtsChronyd(lab, (pem, private), "below"), {"trusted_certificates": str(authority.pem), "revoked_certificates": str(lists)}
    lists.write_text(between.revoke().read_text())
    wait_refused(lab.utcd({"sources": [source(server.ke_port)], "nts": good}, name="one-list"), "unable to get certificate CRL")
    lists.write_text(between.revoke().read_text() + authority.revoke().read_text())
    client(lab, [source(server.ke_port)], **good).wait_synchronised(20)
    lists.write_text(between.revoke().read_text() + authority.revoke(between.pem).read_text())
    wait_refused(lab.utcd({"sources": [source(server.ke_port)], "nts": good}, name="revoked-between"), "certificate revoked")


class Certified:
    """Our server with a listener for everybody and one for clients with a certificate."""

    def __init__(self, lab, authority, pair, **nts):
        self.port, self.open_port, self.certified_port, self.http_port = (proc.free_port() for _ in range(4))
        self.daemon = lab.utcd({"http": {"listen": [f"{HOST}:{self.http_port}"]}, "local": {"stratum": 5, "error": "1ms"}, "ntp": {"listen": [f"{HOST}:{self.port}"]},
                                "nts": {"listen": [f"{HOST}:{self.open_port}"], "certified_listen": [f"{HOST}:{self.certified_port}"], "certificate": str(pair[0]),
                                        "private_key": str(pair[1]), "client_authorities": str(authority.pem), **nts}}, utcd.PROCESSES, name="server")
        self.daemon.wait_answering(HOST, self.port)

    def gives_keys(self, port, authority, pair=None):
        context = ssl.create_default_context(cafile=str(authority.pem))
        context.set_alpn_protocols(["ntske/1"])
        if pair:
            context.load_cert_chain(*map(str, pair))
        try:
            with socket.create_connection((HOST, port), timeout=5) as plain, context.wrap_socket(plain, server_hostname="localhost") as tls:
                tls.sendall(b"\x80\x01\x00\x02\x00\x00\x80\x04\x00\x02\x00\x0f\x80\x00\x00\x00")
                return tls.recv(65536).startswith(b"\x80\x01\x00\x02\x00\x00")
        except (ssl.SSLError, ConnectionError):
            return False


def test_clients_with_a_certificate(lab, authority, pair):
    """At the listener that wants one: theirs alone. At the other one: everybody."""
    ours = authority.sign("a-client", usage="clientAuth")
    foreign = certificate.Authority(lab.dir, "foreign").sign("stranger", usage="clientAuth")
    gone = authority.sign("revoked-client", usage="clientAuth")
    server = Certified(lab, authority, pair, revoked_certificates=str(authority.revoke(gone[0])))
    proc.wait_for(lambda: server.gives_keys(server.open_port, authority), what=server.daemon.log)
    assert server.gives_keys(server.certified_port, authority, ours)
    assert not server.gives_keys(server.certified_port, authority), "none is shown"
    assert not server.gives_keys(server.certified_port, authority, foreign), "nobody vouches for it"
    assert not server.gives_keys(server.certified_port, authority, gone), "it is revoked"
    assert not server.gives_keys(server.certified_port, authority, pair), "a server's certificate is none of a client"


def test_our_client_shows_a_certificate(lab, authority, pair):
    server = Certified(lab, authority, pair)
    pem, private = authority.sign("our-client", usage="clientAuth")
    trusted = {"trusted_certificates": str(authority.pem)}
    daemon = lab.utcd({"sources": [source(server.certified_port)], "nts": {**trusted, "client_certificate": str(pem), "client_private_key": str(private)}}, name="with")
    daemon.wait_synchronised(20)
    without = lab.utcd({"sources": [source(server.certified_port)], "nts": trusted}, name="without")
    proc.wait_for(lambda: REFUSED in without.log(), what=without.log)


def test_what_is_shown_is_what_the_file_holds(lab, authority, pair):
    """At both listeners, though the one that judges clients knows the authority of our certificate as well."""
    server = Certified(lab, authority, pair)
    ours = authority.sign("looker", usage="clientAuth")
    proc.wait_for(lambda: server.gives_keys(server.open_port, authority), what=server.daemon.log)
    for port in (server.open_port, server.certified_port):
        shown = proc.run(["openssl", "s_client", "-connect", f"{HOST}:{port}", "-alpn", "ntske/1", "-cert", ours[0], "-key", ours[1], "-showcerts"]).stdout
        assert shown.count("BEGIN CERTIFICATE") == pair[0].read_text().count("BEGIN CERTIFICATE") == 1, shown


def test_what_goes_together(lab):
    for i, (nts, words) in enumerate((({"client_certificate": "/x"}, "one is no use without the other"),
                                      ({"certified_listen": [f"{HOST}:4460"], "certificate": "/x", "private_key": "/y"}, "it takes nts.client_authorities"))):
        daemon = lab.utcd({"ntp": {"listen": [f"{HOST}:{proc.free_port()}"]}, "nts": nts}, name=f"odd-{i}")
        assert daemon.wait(5) == 3 and words in daemon.log(), daemon.log()


# ---- the end of a certificate ----

def test_the_end_is_told_before_it_hurts(lab, authority):
    """Of our own certificate by the server, of a source's by the client: in log, status, metrics and the list of what is wrong."""
    pem, private = authority.sign("short", days=("-days", "90"), when="-85d")
    server = Certified(lab, authority, (pem, private))
    http_port = proc.free_port()
    daemon = lab.utcd({"sources": [source(server.open_port)], "nts": {"trusted_certificates": str(authority.pem)}, "http": {"listen": [f"{HOST}:{http_port}"]}})
    daemon.wait_synchronised(20)
    assert re.search("the certificate of NTS source localhost is good for [45] d more", daemon.log()), daemon.log()
    seen = daemon.status()["sources"][0]
    assert seen["certificate_expires"].startswith("20") and seen["certificate_expires_ns"] > 0
    proc.wait_for(lambda: re.search(f"{pem} expires in [45] d: renew it", server.daemon.log()), what=server.daemon.log)
    told = server.daemon.wait_status(lambda s: s["daemon"]["nts_handshakes_granted"] >= 1)
    assert told["daemon"]["nts_certificate_expires_ns"] == seen["certificate_expires_ns"]
    assert re.search(r"Certificate +of localhost\S*: good for [45] d, until 20", daemon.ctl("sources").stdout), daemon.ctl("sources").stdout
    for one in (daemon, server.daemon):
        assert "certificate-expires" in one.ctl("status", "--json").stdout and "expires soon" in one.ctl("status").stdout
    assert "certificate good for" in server.daemon.ctl("status").stdout
    end = seen["certificate_expires_ns"] // 10**9
    told = lambda port, line: proc.wait_for(lambda: re.search(line, http.get(port, "/metrics").text, re.MULTILINE), what=daemon.log)    # they are a second old
    told(server.http_port, f"^simple_utcd_nts_certificate_expiry_timestamp_seconds {end}$")
    told(server.http_port, "^simple_utcd_nts_handshakes_granted_total [1-9]")
    told(server.http_port, 'problem="certificate-expires",subject="nts.certificate"')
    told(http_port, f'^simple_utcd_source_certificate_expiry_timestamp_seconds{{source="localhost:.* {end}$')
    told(http_port, '^simple_utcd_source_authenticated{source="localhost:.* 1$')
    told(http_port, '^simple_utcd_source_nts_cookies{source="localhost:.* [1-8]$')


def test_the_end_of_a_list_of_revoked_certificates_is_told(lab, authority, pair):
    """Once it is over every client with a certificate is refused, so it is told like the end of a certificate; a reload takes the next list."""
    ours, path = authority.sign("listed", usage="clientAuth"), lab.dir / "revoked.pem"
    path.write_text(authority.revoke(when="-25d").read_text())
    server = Certified(lab, authority, pair, revoked_certificates=str(path))
    proc.wait_for(lambda: re.search(f"{path} expires in [45]\\S* d: renew it", server.daemon.log()), what=server.daemon.log)
    named = lambda s: [p["sentence"] for p in s["problems"] if p["id"] == "revocation-expires"]
    assert named(server.daemon.wait_status(named)) == ["a list of nts.revoked_certificates ends soon"]
    proc.wait_for(lambda: server.gives_keys(server.certified_port, authority, ours), what=server.daemon.log)
    path.write_text(authority.revoke(when="-31d").read_text())
    assert server.daemon.ctl("reload").returncode == 0
    assert "every client with a certificate is refused" in named(server.daemon.wait_status(lambda s: "refused" in str(named(s))))[0]
    assert not server.gives_keys(server.certified_port, authority, ours)
    path.write_text(authority.revoke().read_text())
    assert server.daemon.ctl("reload").returncode == 0
    server.daemon.wait_status(lambda s: not named(s))
    assert server.gives_keys(server.certified_port, authority, ours)


def test_an_expired_certificate_is_told_and_time_is_served(lab, authority):
    pem, private = authority.sign("over", days=("-days", "-1"))
    server = Certified(lab, authority, (pem, private))
    proc.wait_for(lambda: "has expired, clients refuse it" in server.daemon.log(), what=server.daemon.log)
    assert ntp.ask(HOST, server.port)


def test_a_certificate_with_time_left_is_not_told(lab, chronyd, authority):
    daemon = client(lab, [source(chronyd.ke_port)], trusted_certificates=str(authority.pem))
    daemon.wait_synchronised(20)
    assert "is good for" not in daemon.log() and "certificate-expires" not in daemon.ctl("status", "--json").stdout
    assert peers.usable(HOST, chronyd.port)
