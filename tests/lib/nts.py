"""Servers and sources with Network Time Security, for tests of our client."""

from lib import peers, proc


def source(ke_port, name="localhost", **more):
    return {"server": name, "nts": True, "nts_port": ke_port, "iburst": True, "min_poll": -2, "max_poll": 0, **more}


def our_server(pair, port, ke_port, hosts=("127.0.0.1",), **more):
    """The configuration of a server of ours that serves NTS with this pair, by its own word."""
    return {"local": {"stratum": 5, "error": "1ms"}, "ntp": {"listen": [f"{host}:{port}" for host in hosts]},
            "nts": {"listen": [f"{host}:{ke_port}" for host in hosts], "certificate": str(pair[0]), "private_key": str(pair[1])}, **more}


class NtsChronyd:
    """chronyd that serves NTS with this pair."""

    def __init__(self, lab, pair, name="nts-chronyd", port=None, ke_port=None):
        self.ke_port = ke_port or proc.free_port()
        dump = lab.dir / f"{name}-dump"
        dump.mkdir(exist_ok=True)
        self.daemon = lab.start(peers.Chronyd, name, port, lines=("local stratum 3", f"ntsport {self.ke_port}", f"ntsservercert {pair[0]}",
                                                                  f"ntsserverkey {pair[1]}", "ntsprocesses 1")).wait_serving()
        self.port = self.daemon.port
