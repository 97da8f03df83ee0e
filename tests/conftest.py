"""Fixtures for the tests that run whole programs. tests/lib says how each thing is done; here is what a test may ask for."""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lib import certificate, peers, proc, sandbox, utcd  # noqa: E402 (the path comes first)


def _terminated(*_):
    raise KeyboardInterrupt     # so that fixtures are torn down and every process ends


def pytest_configure(config):
    """pytest names its directory by a user who, in a namespace, is not the one who owns it."""
    os.environ["PYTEST_DEBUG_TEMPROOT"] = f"/tmp/simple-utcd-tests-{os.getuid()}"
    os.makedirs(os.environ["PYTEST_DEBUG_TEMPROOT"], exist_ok=True)


def pytest_sessionstart(session):
    signal.signal(signal.SIGTERM, _terminated)
    sandbox.enter()


def pytest_sessionfinish(session, exitstatus):
    proc.stop_all()


def _hangs(*_):
    raise AssertionError(f"the test did not end within {proc.HANGS_AFTER_S} s")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    signal.signal(signal.SIGALRM, _hangs)
    proc.goes_on()
    yield
    signal.alarm(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the log of every program that runs or ended during the test."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for process in proc.alive():
            report.sections.append((f"log of {process.name} ({process.pid})", process.log()[-6000:]))


class Lab:
    """A directory and the programs started in it; all of it is gone when the lab closes."""

    def __init__(self):
        self.dir = proc.scratch()
        self._started = []
        self._neighbours = []

    def start(self, kind, *args, **kwargs):
        """kind: a class of peers or utcd."""
        process = kind(self.dir, *args, **kwargs)
        self._started.append(process)
        return process

    def utcd(self, config, mode=utcd.ONE_PROCESS, **kwargs):
        return self.start(utcd.Utcd, config, mode, **kwargs)

    def neighbour(self):
        if not sandbox.isolated:
            pytest.skip(sandbox.why_not_isolated)
        neighbour = sandbox.Neighbour()
        self._neighbours.append(neighbour)
        return neighbour

    def close(self):
        for process in reversed(self._started):
            process.stop()
        ours = [p for p in self._started if isinstance(p, utcd.Utcd)]
        bugs = [line for p in ours for line in p.bugs()]
        left = [(p.name, pid) for p in ours for pid in p.left_behind]
        for neighbour in self._neighbours:
            neighbour.close()
        proc.remove(self.dir)
        assert not bugs, f"the daemon's own checks failed: {bugs}"
        assert not left, f"processes left behind: {left}"


@pytest.fixture
def lab():
    lab = Lab()
    yield lab
    lab.close()


@pytest.fixture(scope="session")
def session_lab():
    lab = Lab()
    yield lab
    lab.close()


@pytest.fixture(scope="session")
def authority(session_lab):
    """Whose certificates a client trusts that is told to trust authority.pem."""
    return certificate.Authority(session_lab.dir, "ca-of-tests")


@pytest.fixture(scope="session")
def isolated():
    """For tests that need low ports: our own network namespace."""
    if not sandbox.isolated:
        pytest.skip(sandbox.why_not_isolated)


@pytest.fixture(scope="session")
def good_chronyd(session_lab):
    """A truthful stratum 3 server for everybody."""
    return session_lab.start(peers.Chronyd, "good-chronyd").wait_serving()


STANDARD_PORTS = {
    "ntp": {"listen": ["127.0.0.1:123", "[::1]:123"]},
    "time": {"listen": ["127.0.0.1:37", "[::1]:37"]},
    "daytime": {"listen": ["127.0.0.1:13", "[::1]:13"]},
}


@pytest.fixture(scope="session", params=utcd.MODES)
def server(request, session_lab, good_chronyd, isolated):
    """Our daemon, synchronised to a real one, on the standard ports of 127.0.0.1 and ::1."""
    daemon = session_lab.utcd({"sources": [utcd.source(good_chronyd.port)], **STANDARD_PORTS}, request.param, name=f"server-{request.param}")
    daemon.wait_synchronised()
    yield daemon
    daemon.stop()
