"""Interleaved mode (RFC 9769) with chronyd: each side completes the other's measurements."""

import getpass
import pathlib

import pytest

from lib import certificate, ntp, peers, proc, utcd

HOST = "127.0.0.1"


class Xleave(proc.Process):
    """chronyd as a client that asks for interleaved mode and can be asked what came of it."""

    def __init__(self, directory, port, host=HOST, more="", lines=()):
        self.sockets = pathlib.Path(directory) / "chronyd-client"
        self.sockets.mkdir(mode=0o700)
        config = pathlib.Path(directory) / "chronyd-client.conf"
        config.write_text("\n".join([f"server {host} port {port} minpoll -2 maxpoll -2 xleave {more}", *lines, "port 0", "cmdport 0", f"bindcmdaddress {self.sockets}/sock",
                                     f"pidfile {directory}/chronyd-client.pid", f"user {getpass.getuser()}", ""]))
        super().__init__("chronyd-client", [peers.binary("chronyd"), "-x", "-d", "-f", config], directory)

    def ntpdata(self):
        """What chronyc says of its one source."""
        done = proc.run([peers.binary("chronyc"), "-h", self.sockets / "sock", "ntpdata"])
        return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in done.stdout.splitlines())}

    def wait(self, condition, timeout=10):
        last = {}

        def look():
            nonlocal last
            last = self.ntpdata()
            return last and condition(last) and last
        return proc.wait_for(look, timeout, what=lambda: f"never so: {last}\n{self.log()}")


@pytest.mark.parametrize("mode", utcd.MODES)
@pytest.mark.parametrize("host", [HOST, "::1"])
def test_chronyd_is_answered_in_interleaved_mode(lab, good_chronyd, mode, host):
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}", f"[::1]:{port}"]}}, mode)
    daemon.wait_synchronised()
    client = lab.start(Xleave, port, host)
    data = client.wait(lambda d: d.get("Interleaved") == "Yes" and int(d["Total good RX"]) >= 8)
    assert data["NTP tests"] == "111 111 1111"
    assert (data["TX timestamping"], data["RX timestamping"]) == ("Kernel", "Kernel")
    assert int(data["Total RX"]) == int(data["Total valid RX"])
    assert abs(float(data["Offset"].split()[0])) < 0.001 and float(data["Peer delay"].split()[0]) < 0.001


KEYS = "7 SHA256 HEX:" + "5a" * 32 + "\n8 AES128 HEX:" + "a5" * 16 + "\n"


@pytest.mark.parametrize("key", [7, 8])
def test_chronyd_with_a_key_is_answered_in_interleaved_mode(lab, good_chronyd, key):
    port, file = proc.free_port(), lab.dir / "shared.keys"
    file.write_text(KEYS)
    file.chmod(0o600)
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}, "keys": {"file": str(file)}})
    daemon.wait_synchronised()
    client = lab.start(Xleave, port, HOST, f"key {key}", [f"keyfile {file}"])
    data = client.wait(lambda d: d.get("Interleaved") == "Yes" and int(d["Total good RX"]) >= 8)
    assert (data["Authenticated"], data["NTP tests"], data["TX timestamping"]) == ("Yes", "111 111 1111", "Kernel")
    assert int(data["Total RX"]) == int(data["Total valid RX"])


def test_chronyd_with_nts_is_answered_in_interleaved_mode(lab, good_chronyd):
    port, ke = proc.free_port(), proc.free_port()
    authority = certificate.Authority(lab.dir)
    pem, private = authority.sign("server")
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]},
                       "nts": {"listen": [f"{HOST}:{ke}"], "certificate": str(pem), "private_key": str(private)}})
    daemon.wait_synchronised()
    client = lab.start(Xleave, port, HOST, f"nts ntsport {ke}", [f"ntstrustedcerts {authority.pem}", "nosystemcert"])
    data = client.wait(lambda d: d.get("Interleaved") == "Yes" and int(d["Total good RX"]) >= 8)
    assert (data["Authenticated"], data["TX timestamping"]) == ("Yes", "Kernel")


def test_we_ask_ourselves_with_a_key_in_interleaved_mode(lab, good_chronyd):
    port, file = proc.free_port(), lab.dir / "shared.keys"
    file.write_text(KEYS)
    file.chmod(0o600)
    lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}, "keys": {"file": str(file)}}, name="server").wait_synchronised()
    daemon = lab.utcd({"sources": [utcd.source(port, interleaved=True, key=7)], "keys": {"file": str(file)}}, name="client")
    status = daemon.wait_status(lambda s: s["sources"][0]["interleaved"] and s["sources"][0]["accepted"] >= 8, what="no interleaved answer came")
    assert set(status["sources"][0]["verdicts"]) <= {"accepted", "server_unsynchronised"}


def test_where_it_is_switched_off_chronyd_is_answered_in_basic_mode(lab, good_chronyd):
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"], "interleaved": False}})
    daemon.wait_synchronised()
    data = lab.start(Xleave, port).wait(lambda d: int(d.get("Total good RX", 0)) >= 8)
    assert data["Interleaved"] == "No"


@pytest.mark.parametrize("mode", utcd.MODES)
def test_we_ask_chronyd_in_interleaved_mode(lab, good_chronyd, mode):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port, interleaved=True)]}, mode)
    status = daemon.wait_status(lambda s: s["sources"][0]["interleaved"] and s["sources"][0]["accepted"] >= 8, what="no interleaved answer came")
    told = daemon.ctl("explain", "s1").stdout
    assert "stamps: kernel, interleaved" in told and "Server's claim  stratum 3" in told, told
    source = status["sources"][0]
    assert (source["stamp"], source["state"]) == ("kernel", "selected")
    assert set(source["verdicts"]) == {"accepted"}
    assert abs(source["offset_ns"]) <= source["bound_ns"] < 10_000_000


def test_we_ask_ourselves_and_a_restarted_server_costs_nothing(lab, good_chronyd):
    port = proc.free_port()
    config = {"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}}
    server = lab.utcd(config, name="server")
    server.wait_synchronised()
    daemon = lab.utcd({"sources": [utcd.source(port, interleaved=True)]}, name="client")
    daemon.wait_status(lambda s: s["sources"][0]["interleaved"], what="no interleaved answer came")
    server.stop()
    server = lab.utcd(config, name="server-again")
    server.wait_synchronised()
    status = daemon.wait_status(lambda s: s["sources"][0]["interleaved"] and s["sources"][0]["reach"] & 0xF == 0xF, what="not again")
    assert set(status["sources"][0]["verdicts"]) <= {"accepted", "server_unsynchronised"}


def test_a_server_without_the_mode_is_measured_in_basic_mode(lab):
    neighbour = lab.neighbour()
    ntpsec = lab.start(peers.Ntpsec, neighbour)
    ntpsec.wait_serving(root_dispersion_s=1)
    daemon = lab.utcd({"sources": [utcd.source(123, neighbour.address, interleaved=True)]})
    status = daemon.wait_status(lambda s: s["sources"][0]["accepted"] >= 6, what="it is not used")
    assert not status["sources"][0]["interleaved"] and status["sources"][0]["state"] == "selected"


def test_NTP_30_a_timestamp_of_another_client_is_of_no_use(lab, good_chronyd):
    port = proc.free_port()
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)], "ntp": {"listen": [f"{HOST}:{port}"]}})
    daemon.wait_synchronised()

    def ask(origin, source):
        with ntp.Client(HOST, port, source=source) as client:
            client.send(ntp.request()[:24] + origin + b"RECEIVED" + b"TRANSMIT")
            return client.receive()
    first = ask(bytes(8), HOST)
    saved = ask(first[32:40], HOST)
    assert saved[24:32] == b"TRANSMIT", "nothing was saved for it yet"
    assert ask(saved[32:40], "127.0.0.2")[24:32] == b"TRANSMIT"
    mine = ask(saved[32:40], HOST)
    assert mine[24:32] == b"RECEIVED"
    assert saved[32:40] < mine[40:48] < mine[32:40], "it is not the time at which the answer before left"
