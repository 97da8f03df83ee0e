"""utcctl init, import, check and config explain: the commands about configuration files, which need no daemon."""

import gzip
import json
import os
import re
import resource
import signal
import subprocess

import pytest
import yaml

from lib import peers, proc, refclock, sandbox, utcd

OK, GENERAL, USAGE, CONFIGURATION, UNKNOWN_LINES, FINDINGS = 0, 1, 2, 3, 9, 10
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("SIMPLE_UTCD_")}


def ctl(*args):
    return proc.run([utcd.UTCCTL, *args], env=CLEAN)


def check_config(path):
    return proc.run([utcd.DAEMON, "--check-config", "--config", path], env=CLEAN)


# ---- import -----------------------------------------------------------------------------------------------------------------

def translated(lab, source, *args):
    """(what is written, what is told) of a file that passes the daemon's own check afterwards."""
    out = lab.dir / "imported.yaml"
    done = ctl("import", source, "--output", out, "--force", *args)
    assert done.returncode in (OK, UNKNOWN_LINES), done.stderr
    judged = check_config(out)
    assert judged.returncode == 0, judged.stderr + out.read_text()
    return out.read_text(), done


def real_examples():
    roots = [(peers.PEERS / package) for package in ("chrony", "ntpsec")]
    names = ["usr/share/doc/chrony/examples/chrony.conf.example1", "usr/share/doc/chrony/examples/chrony.conf.example2",
             "usr/share/doc/chrony/examples/chrony.conf.example3", "usr/share/chrony/chrony.conf", "etc/ntpsec/ntp.conf"]
    return [root / name for name in names for root in roots if (root / name).exists()]


def lines_that_say_something(path):
    marks = "!;#%" if "chrony" in path.name else "#"
    return {number for number, line in enumerate(path.read_text().splitlines(), 1) if line.strip() and line.strip()[0] not in marks}


def test_every_line_of_the_real_examples_is_translated_or_named(lab):
    """chrony's three examples, Debian's chrony.conf and NTPsec's ntp.conf."""
    examples = real_examples()
    assert len(examples) == 5
    for path in examples:
        text, done = translated(lab, path)
        assert done.returncode == OK, f"{path}: {done.stderr}"
        told = {int(number) for number in re.findall(rf"{re.escape(path.name)}:(\d+)", text)}
        silent = lines_that_say_something(path) - told
        # What is so without a word of ours stands in no line: the access list of the example is the peer's default, too.
        assert all(path.read_text().splitlines()[number - 1].split()[0] in ("rtcsync", "noclientlog", "restrict") for number in silent), f"{path}: {silent}"


def commented_examples(path):
    """The same file with all its commented directives taken in."""
    return "\n".join(re.sub(r"^[!;#%]+\s*(?=[a-z]+ )", "", line) for line in path.read_text().splitlines())


def test_the_commented_directives_of_chronys_longest_example_are_known_too(lab):
    example = (peers.PEERS / "chrony") / "usr/share/doc/chrony/examples/chrony.conf.example3"
    directives = manual_directives("chrony", "chrony.conf.5.gz")
    lines = [line for line in commented_examples(example).splitlines() if line.split() and line.split()[0] in directives]
    path = lab.dir / "chrony.conf"
    path.write_text("\n".join(lines) + "\n")
    text, done = translated(lab, path)
    assert len(lines) >= 40 and "there is no directive" not in text and "there is no option" not in text, text


def manual_directives(package, page):
    """The marked first words of a manual's entries at its outermost level, as chrony's and NTPsec's asciidoc pages have them."""
    found, depth = set(), 0
    for line in gzip.open((peers.PEERS / package) / "usr/share/man/man5" / page, "rt"):
        depth += line.startswith(".RS") - line.startswith(".RE")
        match = re.match(r"\\f(?:B|\(CR)([a-z_]+)\\f[PR](?= |$)", line)
        if match and depth == 0 and not re.search(r"\b(command|option|directive|file|is|can|will|has)\b", re.sub(r"\\f\w[^\\]*\\f\w", "", line)):
            found.add(match.group(1))
    return found


@pytest.mark.parametrize("package, page, name, least", [("chrony", "chrony.conf.5.gz", "chrony.conf", 80), ("ntpsec", "ntp.conf.5.gz", "ntp.conf", 20)])
def test_every_directive_of_the_manual_is_known(lab, package, page, name, least):
    table = (utcd.ROOT / "src/import" / ("chrony.def" if package == "chrony" else "ntp.def")).read_text()
    known = set(re.findall(r"^DIRECTIVE\((\w+)", table, re.MULTILINE))
    directives = manual_directives(package, page)
    if package == "ntpsec":     # below one heading the page lists options of commands in the same form
        directives -= {"address", "bias", "burst", "iburst", "key", "maxpoll", "minpoll", "mode", "noselect", "prefer", "true", "version", "cert", "ca", "cookie",
                       "mintls", "maxtls", "tlsciphersuites", "aead", "ask", "require", "noval", "flag"}
    assert len(directives & known) >= least, sorted(directives)
    path = lab.dir / name
    path.write_text("".join(f"{directive} 1\n" for directive in sorted(known)))
    text, _ = translated(lab, path)
    assert "there is no directive" not in text and "there is no command" not in text
    if package == "chrony":
        directives -= {"offline"}   # begins a line of a sentence
    assert directives <= known, sorted(directives - known)


NTP_TOML = """
[observability]
log-level = "info"
[[source]]
mode = "nts"
address = "time.example.net"
[[source]]
mode = "pool"
address = "pool.example.net"
count = 4
[[source]]
mode = "sock"
path = "/run/x.sock"
[[server]]
listen = "0.0.0.0:123"
[synchronization]
minimum-agreeing-sources = 3
single-step-panic-threshold = 1000
"""


def test_ntp_toml_of_ntpd_rs(lab):
    path = lab.dir / "ntp.toml"
    path.write_text(NTP_TOML)
    text, done = translated(lab, path)
    made = yaml.safe_load(text)
    assert done.returncode == OK
    assert made["sources"] == [{"server": "time.example.net", "nts": True}, {"pool": "pool.example.net", "members": 4},
                               {"sock": "/run/x.sock", "error": "1ms"}]
    assert made["ntp"]["listen"] == ["0.0.0.0:123"] and made["clock"] == {"min_sources": 3, "panic_threshold": "1000s"}
    assert f"{path.name}:11: source: true time has to lie within `error` of each sample" in text


def test_timesyncd_conf(lab):
    path = lab.dir / "timesyncd.conf"
    path.write_text("[Time]\nNTP=ntp1.example.net ntp2.example.net\nFallbackNTP=x.example.net\nRootDistanceMaxSec=5\nPollIntervalMinSec=32\nPollIntervalMaxSec=34min 8s\n")
    made = yaml.safe_load(translated(lab, path)[0])
    assert made["sources"] == [{"server": f"ntp{n}.example.net", "min_poll": 5, "max_poll": 11} for n in (1, 2)]


def test_what_is_asked_for_in_chrony_is_what_is_got(lab):
    path = lab.dir / "chrony.conf"
    path.write_text("server ntp1.example.net iburst minpoll 4 maxpoll 6 xleave\npool p.example.net maxsources 2\nmakestep 0.5 3\nallow 192.168.3.7/16\n"
                    "allow 10\nlocal stratum 8 orphan\nratelimit interval -4\nport 1123\n")
    text, _ = translated(lab, path)
    made = yaml.safe_load(text)
    assert made["sources"] == [{"server": "ntp1.example.net", "iburst": True, "min_poll": 4, "max_poll": 6, "interleaved": True}, {"pool": "p.example.net", "members": 2}]
    assert made["clock"] == {"step_threshold": "0.5s", "step_limit": 1}
    assert made["access"] == [{"action": "allow", "nets": ["192.168.0.0/16", "10.0.0.0/8"]}, {"action": "deny", "nets": ["0.0.0.0/0", "::/0"]}]
    assert made["ntp"]["listen"] == ["[::]:1123"] and made["rate_limit"]["rate"] == 16
    assert made["local"] == {"stratum": 8, "orphan": True, "public": True}


def test_lines_that_nobody_understands_have_an_exit_code_of_their_own(lab):
    path = lab.dir / "chrony.conf"
    path.write_bytes(b"sever ntp1.example.net\nserver ntp1.example.net ibrust\n\xff\xfe\n")
    text, done = translated(lab, path)
    assert done.returncode == UNKNOWN_LINES
    assert f'{path.name}:1: sever: there is no directive of chrony "sever"' in text and f'{path.name}:2: server: there is no option of a source "ibrust"' in text


def test_import_writes_over_nothing(lab):
    path = lab.dir / "mine.yaml"
    path.write_text("precious\n")
    source = lab.dir / "ntp.conf"
    source.write_text("server ntp1.example.net\n")
    done = ctl("import", source, "--output", path)
    assert done.returncode == GENERAL and "--force" in done.stderr and path.read_text() == "precious\n"
    assert ctl("import", lab.dir / "some.conf").returncode == USAGE
    assert ctl("import", lab.dir / "nowhere", "--from", "ntp").returncode == GENERAL
    assert "server: \"ntp1.example.net\"" in ctl("import", source).stdout


def full_disk(dies):
    """How a program is started that may not write a byte into a file: it dies of it, or is told EFBIG."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL if dies else signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return limit


@pytest.mark.parametrize("dies", [True, False], ids=["killed while it writes", "disk full"])
@pytest.mark.parametrize("words", [["init", "--profile", "client"], ["import", "ntp.conf"]], ids=["init", "import"])
def test_ST_03_a_file_that_cannot_be_replaced_is_the_old_one(lab, words, dies):
    (lab.dir / "ntp.conf").write_text("server ntp1.example.net\n")
    path, fresh = lab.dir / "mine.yaml", lab.dir / "fresh.yaml"
    path.write_text("precious\n")
    path.chmod(0o640)
    for output, force in ((path, ["--force"]), (fresh, [])):
        done = subprocess.run([utcd.UTCCTL, *words, "--output", output, *force], env=CLEAN, cwd=lab.dir, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, preexec_fn=full_disk(dies), check=False)
        assert done.returncode == (-signal.SIGXFSZ if dies else GENERAL), done.stderr
        assert dies or done.stderr.startswith(f"utcctl: cannot write {output}: ")
    assert path.read_text() == "precious\n"
    assert not fresh.exists() or (dies and fresh.read_text() == "")
    assert dies or sorted(p.name for p in lab.dir.glob("*.yaml*")) == ["mine.yaml"]
    assert ctl(*words[:1], *(["--profile", "client"] if words[0] == "init" else [lab.dir / "ntp.conf"]), "--output", path, "--force").returncode == OK
    assert "sources:" in path.read_text() and path.stat().st_mode & 0o7777 == 0o640 and not path.with_name("mine.yaml.utcctl-new").exists()


def test_a_file_that_is_replaced_keeps_its_owner_and_mode(lab):
    path = lab.dir / "mine.yaml"
    path.write_text("old\n")
    if os.geteuid() == 0:
        os.chown(path, 4321, 1234)
    path.chmod(0o604)
    before = path.stat()
    assert ctl("init", "--profile", "edge", "--output", path, "--force").returncode == OK
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid) and after.st_ino != before.st_ino


def test_only_a_file_is_replaced(lab):
    file, link = lab.dir / "file.yaml", lab.dir / "link.yaml"
    file.write_text("old\n")
    link.symlink_to(file)
    for path in (link, lab.dir, "/dev/null"):
        done = ctl("init", "--profile", "edge", "--output", path, "--force")
        assert done.returncode == GENERAL and "is no regular file, and stays as it is" in done.stderr
    assert link.is_symlink() and file.read_text() == "old\n"


# ---- init ---------------------------------------------------------------------------------------------------------------------

PROFILES = ["airgap", "client", "container", "edge", "finance", "lan-server", "public-pool", "quickstart", "stratum1-gps"]


def test_init_lists_its_profiles():
    listed = ctl("init")
    assert all(line.rstrip().endswith(".") for line in listed.stdout.splitlines()[1:]), listed.stdout
    assert listed.returncode == OK and [line.split()[0] for line in listed.stdout.splitlines()[1:]] == PROFILES
    assert ctl("init", "--profile", "ptp-grandmaster").returncode == USAGE
    assert "did you mean 'client'" in ctl("init", "--profile", "cleint").stderr


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_starts_and_nothing_is_to_be_said_against_it(lab, isolated, profile):
    path = lab.dir / f"{profile}.yaml"
    if sandbox.really_root:
        refclock.own_segments()
    assert ctl("init", "--profile", profile, "--output", path).returncode == OK
    judged = ctl("check", path)
    assert judged.returncode == OK and " 0 errors, 0 warnings" in judged.stdout, judged.stdout
    run_dir = lab.dir / "run"
    run_dir.mkdir()
    daemon = proc.Process(profile, [utcd.DAEMON, "--config", path], lab.dir,
                          {"SIMPLE_UTCD_PROCESS__RUN_DIR": str(run_dir), "SIMPLE_UTCD_CLOCK__MODE": "virtual", "SIMPLE_UTCD_CLOCK__DRIFT_FILE": str(lab.dir / "drift")})
    try:
        proc.wait_for(lambda: ctl("status", "--socket", run_dir / "control.sock").returncode == OK, 20, what=daemon.log)
        assert daemon.running()
    finally:
        daemon.stop()


# ---- check --------------------------------------------------------------------------------------------------------------------

OPEN = "sources:\n  - server: a.example.net\n    min_poll: 3\nntp:\n  listen: [\"192.0.2.1:1123\"]\n"


def write(lab, text):
    path = lab.dir / "test.yaml"
    path.write_text(text)
    return path


def test_init_without_a_profile_writes_nothing(lab):
    done = ctl("init", "--output", lab.dir / "new.yaml")
    assert done.returncode == 2 and "--profile NAME" in done.stderr and not (lab.dir / "new.yaml").exists()


def test_import_of_what_is_no_text_is_refused_in_one_sentence(lab):
    path = lab.dir / "chrony.conf.gz"
    path.write_bytes(gzip.compress(b"server a.b"))
    done = ctl("import", path, "--from", "chrony")
    assert done.returncode == 1 and "is no text" in done.stderr and done.stdout == ""


def test_check_says_where_why_and_what_to_do(lab):
    path = write(lab, OPEN)
    done = ctl("check", path)
    assert done.returncode == FINDINGS
    assert f"{path}:3:15: warning: [fast-poll] a.example.net is asked up to every few seconds; leave min_poll at 6" in done.stdout
    assert f"{path}:5:11: warning: [open-server] 192.0.2.1:1123 answers everybody" in done.stdout
    broken = ctl("check", write(lab, "clock: {mod: virtual}\n"))
    assert broken.returncode == CONFIGURATION and ":1:9: error: [configuration] clock: unknown key" in broken.stdout
    assert ctl("check", write(lab, "sources: []\nclock: {mode: virtual}\n")).returncode == OK


def test_check_live_looks_at_this_machine(lab):
    path = write(lab, "sources: []\nclock: {mode: system, drift_file: /nonexistent/drift}\nnts: {certificate: /nonexistent/a.pem}\n")
    done = ctl("check", path, "--live")
    assert done.returncode == CONFIGURATION
    assert "[clock-right]" in done.stdout and "[file-unreadable]" in done.stdout and "[drift-directory]" in done.stdout
    assert "the systemd unit makes /var/lib/simple-utcd" in done.stdout     # as the guide has it: judged before the first start
    assert ctl("check", path).returncode == OK


def test_check_live_knows_that_the_right_to_the_port_is_missing(lab):
    path = write(lab, "sources: []\nclock: {mode: virtual}\nntp: {listen: [\"127.0.0.1:123\"]}\n")
    without = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]
    done = proc.run([*without, utcd.UTCCTL, "check", path, "--live"], env=CLEAN)
    assert done.returncode == CONFIGURATION and "[port-right] 127.0.0.1:123: " in done.stdout, done.stdout + done.stderr
    assert "[port-right]" not in ctl("check", path, "--live").stdout


def test_check_live_knows_who_else_steers_the_clock(lab, good_chronyd):
    """By its name, whether it steers or not; with a virtual clock it does not matter."""
    for mode, told in (("auto", True), ("virtual", False)):
        done = ctl("check", write(lab, f"sources: []\nclock: {{mode: {mode}}}\n"), "--live")
        assert ("[other-daemon] " in done.stdout) == told, done.stdout
        assert not told or re.search(r"\[other-daemon\] \w+ steers the system clock; stop and disable", done.stdout)
    assert good_chronyd.running()


def test_check_as_json(lab):
    told = json.loads(ctl("check", write(lab, OPEN), "--json").stdout)
    assert told["errors"] == 0 and told["warnings"] == len([f for f in told["findings"] if f["severity"] == "warning"]) >= 3
    fast = next(f for f in told["findings"] if f["rule"] == "fast-poll")
    assert (fast["line"], fast["column"]) == (3, 15) and fast["fix"]


def test_check_as_sarif(lab):
    """The properties that SARIF 2.1.0 requires of a log, a run, a rule and a result, and what makes them useful in a review."""
    for text in (OPEN, "clock: {mod: virtual}\n"):
        path = write(lab, text)
        log = json.loads(ctl("check", path, "--sarif").stdout)
        assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json") and len(log["runs"]) == 1
        driver, results = log["runs"][0]["tool"]["driver"], log["runs"][0]["results"]
        assert driver["name"] and driver["version"] and results
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(ids) == len(set(ids)) and all(rule["shortDescription"]["text"] for rule in driver["rules"])
        for result in results:
            assert ids[result["ruleIndex"]] == result["ruleId"] and result["message"]["text"]
            assert result["level"] in ("none", "note", "warning", "error")
            place = result["locations"][0]["physicalLocation"]
            assert place["artifactLocation"]["uri"] == str(path) and place["region"]["startLine"] >= 1 and place["region"]["startColumn"] >= 1


# ---- config explain --------------------------------------------------------------------------------------------------------------

def test_explain_what_is_no_key(lab):
    path = write(lab, OPEN)
    for words, told in ((["explain", "clock.max_drif"], "did you mean 'clock.max_drift'?"), (["explain", "max_drift"], "did you mean 'clock.max_drift'?"),
                        (["explain", "\x1b[1m"], "there is no key '?[1m'"), (["explain", "zzzzzzzz.qqqqqqqq"], "simple-utcd.yaml(5) lists all"),
                        (["change", "clock.mode"], "'config' knows 'explain' only")):
        done = ctl("config", *words, "--config", path)
        assert done.returncode == 2 and told in done.stderr, done.stderr
    done = ctl("config", "explain", "clock.mode", "--config", write(lab, "clock: {mod: virtual}\n"))
    assert done.returncode == CONFIGURATION and "mod" in done.stderr, done.stderr


def test_explain_a_key(lab):
    path = write(lab, OPEN)
    done = ctl("config", "explain", "clock.max_drift", "--config", path)
    assert done.returncode == OK
    for words in ("How far the true frequency", "from 0.001ppm to 500ppm", "default        1ppm", "takes effect at a reload", "in force       1ppm  (default)",
                  "SIMPLE_UTCD_CLOCK__MAX_DRIFT"):
        assert words in done.stdout, done.stdout
    assert f"item 0         3  ({path}:3)" in ctl("config", "explain", "sources.min_poll", "--config", path).stdout
    told = json.loads(ctl("config", "explain", "ntp.listen", "--json", "--config", path).stdout)
    assert told["in_force"] == [{"value": '["192.0.2.1:1123"]', "origin": f"{path}:5"}] and told["reload"] == "live"
    assert "keys           server pool port" in ctl("config", "explain", "sources", "--config", path).stdout
    slip = ctl("config", "explain", "clock.max_drft", "--config", path)
    assert slip.returncode == USAGE and "did you mean 'clock.max_drift'" in slip.stderr


def test_every_key_is_explained(lab):
    schema = json.loads((utcd.BUILD / "simple-utcd.schema.json").read_text())
    for section in list(schema["properties"])[::4]:
        keys = schema["properties"][section].get("properties") or schema["properties"][section].get("items", {}).get("properties", {})
        for name in [section, *(f"{section}.{key}" for key in list(keys)[::3])]:
            assert ctl("config", "explain", name, "--config", write(lab, "")).returncode == OK, name


def test_wrong_use_is_told():
    assert ctl("check", "--sariv").returncode == USAGE and "did you mean '--sarif'" in ctl("check", "--sariv").stderr
    assert ctl("config", "show").returncode == USAGE
    assert "did you mean 'import'" in ctl("imprt").stderr
    assert "No such file" in ctl("import", "/none/ntp.conf").stderr and "Is a directory" in ctl("import", "/etc", "--from", "ntp").stderr
