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
    fi
}

uptime_s() { # seconds that no step of the clock moves
    cut -d. -f1 /proc/uptime
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds
    local end=$(($(uptime_s) + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$(uptime_s)" -lt "$end" ] || { "$@"; return; }
        busybox usleep 100000
    done
}

busybox() {
    "$PEERS/busybox-static/bin/busybox" "$@"
}
