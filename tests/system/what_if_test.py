"""utcctl sim --what-if: a running daemon becomes a story, and the story is answered."""

import json
import re

import pytest

from lib import peers, proc, utcd

GENERAL, USAGE, NOT_SYNCHRONISED, NO_DAEMON = 1, 2, 7, 8


def sim(*args, **kwargs):
    return proc.run([utcd.UTCCTL, "sim", *args], timeout=60, **kwargs)


@pytest.fixture(scope="module")
def daemon(session_lab, good_chronyd):
    """Three sources that agree, so that two of them can outvote the third."""
    other = session_lab.start(peers.Chronyd, "other-chronyd", bind=("127.0.0.2",)).wait_serving("127.0.0.2")
    sources = [utcd.source(good_chronyd.port), utcd.source(good_chronyd.port, host="::1"), utcd.source(other.port, host="127.0.0.2")]
    daemon = session_lab.utcd({"sources": sources}, name="what-if")
    daemon.wait_status(lambda s: s["clock"]["sources_selected"] == 3, what="three sources")
    yield daemon
    daemon.stop()


def ask(daemon, *question, seeds=2):
    return daemon.ctl("sim", "--what-if", " ".join(question), "--seeds", str(seeds), timeout=60)


def figures(daemon, *question):
    done = daemon.ctl("sim", "--json", "--seeds", "2", "--what-if", " ".join(question), timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_story_names_every_source_with_what_was_learnt_of_it(daemon):
    story = daemon.ctl("sim", "--what-if", "lie s2 +10s", "--print-story").stdout
    learnt = daemon.status()
    assert re.search(r"^# s1: 127\.0\.0\.1:\d+ at 127\.0\.0\.1:\d+, selected$", story, re.MULTILINE)
    assert len(re.findall(r"^node server s\d stratum 3 error \d+ns root delay \d+ns$", story, re.MULTILINE)) == 3
    delay, jitter = map(int, re.search(r"^link c s1 delay (\d+)ns jitter exponential (\d+)ns$", story, re.MULTILINE).groups())
    floor, excess = learnt["sources"][0]["delay_floor_ns"], learnt["sources"][0]["delay_excess_ns"]
    assert delay <= floor and delay * 2 > floor / 10 and jitter * 2 > excess / 100
    assert re.search(r"^node client c drift \S+ppm wander \S+ within \S+ppm knows \S+ppm to \S+ppm$", story, re.MULTILINE)
    assert re.search(r"^at 900s s2 lies 10000000000ns$", story, re.MULTILINE)


def test_the_printed_story_runs(daemon, tmp_path):
    (tmp_path / "twin.story").write_text(daemon.ctl("sim", "--what-if", "cut 1h", "--print-story").stdout)
    done = sim("twin.story", cwd=tmp_path)
    assert done.returncode == 0 and re.search(r"^twin .* passed$", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert (tmp_path / "twin.svg").read_text().startswith("<svg")


def test_a_lie_is_outvoted(daemon):
    done = ask(daemon, "lie", "s3", "+10s")
    assert done.returncode == 0, done.stderr
    assert re.match(r"What if 127\.0\.0\.2:\d+ were wrong by \+10 s\?", done.stdout)
    assert "Time would stay usable for all of the 6 h looked at." in done.stdout
    assert "True time would stay within the bound in every run." in done.stdout
    assert re.search(r"127\.0\.0\.2:\d+ would be named a falseticker in 2 of 2 runs", done.stdout)
    found = figures(daemon, "lie", "s3", "+10s")
    assert found["question"] == "lie s3 +10s" and found["runs"] == 2
    assert [f["name"].split(":")[0] for f in found["what_if"]["falsetickers"]] == ["127.0.0.2"] and found["undisturbed"]["falsetickers"] == []
    assert found["what_if"]["error_max_ns"] < 10**6 and found["what_if"]["bound_broken"] == 0


def test_a_cut_costs_bound_and_not_trust(daemon):
    found = figures(daemon, "cut", "1h")
    assert found["what_if"]["bound_max_ns"] > 2 * found["undisturbed"]["bound_max_ns"]
    assert found["what_if"]["not_usable_runs"] == 0 and found["what_if"]["not_usable_after_s"] is None
    assert found["looks_ahead_s"] == 2 * 3600 and found["free_running_if_silent_s"] > 2 * 3600


def test_warmth_moves_the_clock(daemon):
    found = figures(daemon, "temperature", "+60C", "2ppm")
    assert found["what_if"]["error_max_ns"] > found["undisturbed"]["error_max_ns"]


@pytest.mark.parametrize("question", ["add", "add delay 5ms jitter 100us", "remove s1"])
def test_sources_come_and_go(daemon, question):
    found = figures(daemon, question)
    assert found["what_if"]["bound_broken"] == 0 and found["what_if"]["not_usable_runs"] == 0


def test_without_the_only_source_there_is_no_time_to_tell_of(lab, good_chronyd):
    daemon = lab.utcd({"sources": [utcd.source(good_chronyd.port)]})
    daemon.wait_status(lambda s: s["clock"]["sources_selected"] == 1, what="the source")
    done = ask(daemon, "remove", "s1")
    assert done.returncode == 0 and "no other source is left" in done.stdout and "cut 6h" in done.stdout, done.stdout + done.stderr
    assert "True time" not in done.stdout and "falseticker" not in done.stdout
    found = figures(daemon, "remove s1")
    assert found["what_if"]["error_max_ns"] is None and found["what_if"]["bound_max_ns"] is None
    assert found["undisturbed"]["error_max_ns"] is not None


def test_the_daemons_own_limits_decide(lab, good_chronyd):
    """Two sources that both have to agree, and a statement for the time without any."""
    sources = [utcd.source(good_chronyd.port), utcd.source(good_chronyd.port, host="::1")]
    daemon = lab.utcd({"sources": sources, "clock": {"min_sources": 2}}, name="strict")
    daemon.wait_status(lambda s: s["clock"]["sources_selected"] == 2, what="two sources")
    done = ask(daemon, "remove", "s1")
    assert "There would be no time to serve: the 1 source left is not enough (clock.min_sources is 2)" in done.stdout, done.stdout
    daemon = lab.utcd({"sources": sources[:1], "local": utcd.LOCAL}, name="stated")
    daemon.wait_status(lambda s: s["clock"]["sources_selected"] == 1, what="a source")
    done = ask(daemon, "remove", "s1")
    assert "In 2 of 2 runs it would be served by the operator's statement `local` alone, at once." in done.stdout, done.stdout
    found = figures(daemon, "cut 2d")
    assert found["what_if"]["local_runs"] == 2 and found["what_if"]["local_after_s"] > 3600
    done = ask(daemon, "lie", "s1", "+5", "s")
    assert "would be followed in 2 of 2 runs: nothing outvotes it." in done.stdout, done.stdout


@pytest.mark.parametrize("question, words", [
    ("lie nobody +1s", "there is no source 'nobody'"), ("lie s1", "needs a time"), ("cut", "needs a time"), ("cut -1s", "out of range"),
    ("temperature +15", "needs a difference"), ("temperature 1e300C", "out of range"), ("fly", "ask 'lie SOURCE +10s'"), ("remove s1 s2", "one word too many"),
    ("lie s1 \x1b[31m", "needs a time"),
])
def test_a_bad_question_is_told_in_one_sentence(daemon, question, words):
    done = ask(daemon, question)
    assert done.returncode == USAGE and words in done.stderr and not done.stdout
    assert len(done.stderr.strip().splitlines()) == 1 and "\x1b" not in done.stderr


def test_use_is_checked():
    assert sim().returncode == USAGE
    assert sim("a.story", "--json").returncode == USAGE
    assert sim("a.story", "--what-if", "cut 1h").returncode == USAGE
    assert sim("no-such.story").returncode == USAGE


def test_without_a_daemon_or_a_source_there_is_no_answer(lab):
    assert sim("--what-if", "cut 1h", "--socket", lab.dir / "nobody").returncode == NO_DAEMON
    daemon = lab.utcd({"local": utcd.LOCAL})
    daemon.wait_status(lambda s: s["clock"]["status"] == "local")
    done = ask(daemon, "cut 1h")
    assert done.returncode == NOT_SYNCHRONISED and "not heard of any source yet" in done.stderr
