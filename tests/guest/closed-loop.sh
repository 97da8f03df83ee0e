# For the jobs that compare daemons in a closed loop: each in turn steers the same kernel, from the same start, by the same source, whose path has the
# same delays for both.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PPM=37
POLL=4
PORT=11124
PATH_US=(0 0) # delay and jitter each way

settle_and_record() { # settle_and_record [PAGE]: a quarter of the time to settle
    sleep $((MINUTES * 15))
    line record $((MINUTES * 45)) $PPM "$@"
}

loop_of_chronyd() {
    forget $PPM
    start_chronyd 127.0.0.1 $PORT $POLL
    settle_and_record
    kill $chronyd
    wait $chronyd
}

loop_of_ours() { # as it is used: several processes, of which one sets the clock
    forget $PPM
    write_config /run/utcd.yaml $PORT
    sed -i "s/min_poll: .*}/min_poll: $POLL, max_poll: $POLL}/" /run/utcd.yaml
    rm -f /run/drift
    start_daemon /run/utcd.yaml
    settle_and_record /run/simple-utcd/page
    kill -TERM $daemon
    wait $daemon
}

turn_of() { # turn_of NAME SEED: sets NAME_rms and NAME_deviation of the error in us, NAME_ppm; NAME_outside: seconds in which the bound was false
    local name=$1 source
    line serve $PORT $PPM "${PATH_US[@]}" "$2" &
    source=$!
    wait_for 20 serving $PORT
    "loop_of_$name" >"/run/$name"
    read -r "${name}_rms" "${name}_deviation" "${name}_ppm" "${name}_outside" <"/run/$name"
    kill $source
}

rehearse() { # what is read from the host for the first time makes the machine idle, and its time leap ahead by minutes
    MINUTES=0 turn_of chronyd 0
    MINUTES=0 turn_of ours 0
}

pair() { # pair SEED: both in turn
    turn_of chronyd "$1"
    turn_of ours "$1"
    echo "# last $((MINUTES * 45)) s of $((MINUTES * 60)): RMS error $ours_rms us, $ours_deviation without its mean, $ours_ppm ppm;" \
        "chronyd $chronyd_rms, $chronyd_deviation, $chronyd_ppm"
}

at_most() { # at_most VALUE LIMIT...: not above the largest limit
    awk 'BEGIN { for (i = 2; i < ARGC; i++) if (ARGV[1] <= ARGV[i] + 0 && ARGV[1] != "") exit 0; exit 1 }' "$@" || { echo "$1 is above: ${*:2}"; return 1; }
}

times() { awk -v a="$1" -v b="$2" 'BEGIN { print a * b }'; }
