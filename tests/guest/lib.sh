# For the jobs, which run as root inside the emulated machine: its clock may be broken at will. Each check prints one line of TAP.

number=0

ok() { # ok NAME COMMAND...: the test passes if the command does
    local name=$1 output
    shift
    number=$((number + 1))
    if output=$("$@" 2>&1); then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        printf '%s\n' "$output" | tail -20 | sed 's/^/# /'
        [ ! -d /run/systemd/system ] || journalctl --unit='simple-utcd*' --no-pager --output=short-monotonic | tail -25 | sed 's/^/# log: /'
        [ -z "${daemon:-}" ] || tail -20 /run/daemon.log | sed 's/^/# log: /'
    fi
}

uptime_s() { # seconds that no step of the clock moves
    cut -d. -f1 /proc/uptime
}

ended_well() { # ended_well EXIT_STATUS
    [ "$1" = 0 ] || { echo "exit status $1"; return 1; }
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds; PAUSE_US for rarer looks
    local end=$(($(uptime_s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(uptime_s)" -lt "$end" ] || { "$@"; return; }
        busybox usleep "${PAUSE_US:-100000}"
    done
}

busybox() {
    "$PEERS/busybox-static/bin/busybox" "$@"
}

reference() { # see reference.py
    /usr/bin/python3 -I "$(dirname "${BASH_SOURCE[0]}")/reference.py" "$@"
}

within() { # within LIMIT_S VALUE: |value| < limit
    awk -v limit="$1" -v value="$2" 'BEGIN { exit !(value < limit && value > -limit) }' || { echo "$2 is not within $1"; return 1; }
}

offset_within() { # offset_within LIMIT_S: the system clock is that near to the truth
    within "$1" "$(reference offset)"
}

serving() { # a reference answers on UDP port $1
    grep -q "$(printf ':%04X' "$1")" /proc/net/udp
}

start_reference() { # start_reference PORT [PPM]
    reference serve "$@" &
    wait_for 300 serving "$1" # while the host is waited for, time that is skipped flies
}

write_config() { # write_config FILE PORT: a daemon that steers the system clock
    cat >"$1" <<YAML
clock: {mode: system, drift_file: /run/drift}
sources:
  - {server: 127.0.0.1, port: $2, min_poll: 0, max_poll: 2}
ntp: {listen: ["127.0.0.1:11123"]}
YAML
}

start_daemon() { # start_daemon CONFIG ARGUMENT...: its log is /run/daemon.log
    local config=$1
    shift
    "$BUILD/simple-utcd" --config "$config" "$@" >/run/daemon.log 2>&1 &
    daemon=$!
}

synchronised() {
    "$BUILD/utcctl" wait-sync --timeout 1s
}

kernel_synchronised() { # STA_UNSYNC, 0x40, is off, and the kernel's bound is below $1 us
    local status maxerror
    read -r status maxerror _ <<<"$(reference kernel)"
    echo "status $status maxerror $maxerror"
    [ $((status & 0x40)) = 0 ] && [ "$maxerror" -lt "$1" ]
}

line() { # see line.c
    "$LAB/line" "$@"
}

start_line() { # start_line PORT PPM
    line serve "$@" &
    wait_for 300 serving "$1" # while the host is waited for, time that is skipped flies
}

forget() { # forget PPM: the kernel's clock as if nobody had ever disciplined it, a millisecond off
    busybox adjtimex -f 0 -t 10000 >/dev/null
    reference arm 0x40
    reference set 0.001 "$1"
}

start_chronyd() { # start_chronyd SERVER PORT POLL: it steers the system clock
    cat >/run/chrony.conf <<CONF
server $1 port $2 iburst minpoll $3 maxpoll $3
pidfile /run/chronyd.pid
bindcmdaddress /run/chronyd.sock
port 0
cmdport 0
user root
CONF
    "$PEERS/chrony/usr/sbin/chronyd" -d -f /run/chrony.conf >/run/chronyd.log 2>&1 &
    chronyd=$!
}
