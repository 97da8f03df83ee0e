"""HTTP by hand, so that it can be wrong in every way."""

import json
import socket


class Reply:
    def __init__(self, raw):
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/1.1 ") else None
        self.fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


def raw(port, request, timeout=10, host="127.0.0.1"):
    """What comes back until the other side closes; b"" for nothing."""
    got = b""
    with socket.create_connection((host, port), timeout=timeout) as s:
        try:
            s.sendall(request)
            while True:
                more = s.recv(65536)
                if not more:
                    break
                got += more
        except (ConnectionResetError, BrokenPipeError):
            pass
    return got


def get(port, path, method="GET", version="HTTP/1.1", timeout=10, **fields):
    """A Reply; fields by their names with _ for -, Host as it should be unless given."""
    fields = {"Host": f"127.0.0.1:{port}", **{name.replace("_", "-"): value for name, value in fields.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return Reply(raw(port, f"{method} {path} {version}\r\n{head}\r\n".encode("latin-1"), timeout))


def metrics(port):
    """{series: value} of /metrics."""
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in get(port, "/metrics").text.splitlines() if not line.startswith("#"))}
