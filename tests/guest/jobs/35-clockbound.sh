# The ClockBound segment of a daemon that steers: its clients are told "synchronized", and true time lies within the bound they compute, all the while.
. "$(dirname "$0")/../lib.sh"

look() { # look COUNT: the segment's clients' view beside the truth, ten times a second
    /usr/bin/python3 -I - "$(dirname "${BASH_SOURCE[0]}")" "$1" <<'PYTHON'
import pathlib
import sys
import time

guest = pathlib.Path(sys.argv[1]).parent
sys.path[:0] = [str(guest), str(guest.parent / "lib")]
import clockbound
import reference

widest = 0
for _ in range(int(sys.argv[2])):
    segment = clockbound.Segment("/run/clockbound/shm0")
    before = reference.truth(30)
    earliest, latest, status = segment.now()
    after = reference.truth(30)
    assert segment.is_valid(), "not valid"
    assert status == clockbound.SYNCHRONIZED, f"status {status}"
    assert earliest <= after and before <= latest, f"true time {before} to {after} is not within {earliest} to {latest}"
    widest = max(widest, latest - earliest)
    time.sleep(0.1)
print(f"# at most {widest / 1e6:.3f} ms wide")
assert widest < 20_000_000, f"{widest} ns wide"
PYTHON
}

reference set 0.003 30
start_reference 1123 30
write_config /run/config.yaml 1123
echo 'clockbound: {path: /run/clockbound/shm0}' >>/run/config.yaml
start_daemon /run/config.yaml
ok "synchronised" wait_for 60 synchronised
ok "true time is within ClockBound's interval while the clock is steered" look 100
kill -KILL "$daemon"
busybox usleep 6000000
free_running() {
    /usr/bin/python3 -I -c 'import sys; sys.path.insert(0, sys.argv[1]); import clockbound
sys.exit(clockbound.Segment("/run/clockbound/shm0").now()[2] != clockbound.FREE_RUNNING)' "$(dirname "$0")/../../lib"
}
ok "without a daemon its clients call the clock free-running" free_running
