# For the jobs that compare daemons in a closed loop: each in turn steers the same kernel, from the same start, by the same source.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PPM=37
POLL=4
PORT=11124
SOURCE=127.0.0.1

settle_and_record() { # settle_and_record [PAGE]: a quarter of the time to settle
    sleep $((MINUTES * 15))
    line record $((MINUTES * 45)) $PPM "$@"
}

loop_of_chronyd() {
    forget $PPM
    start_chronyd $SOURCE $PORT $POLL
    settle_and_record
    kill $chronyd
    wait $chronyd
}

loop_of_ours() { # as it is used: several processes, of which one sets the clock
    forget $PPM
    write_config /run/utcd.yaml $PORT
    sed -i "s/server: 127.0.0.1/server: $SOURCE/; s/min_poll: .*}/min_poll: $POLL, max_poll: $POLL}/" /run/utcd.yaml
    start_daemon /run/utcd.yaml
    settle_and_record /run/simple-utcd/page
}

rehearse() { # what is read from the host for the first time makes the machine idle, and its time leap ahead by minutes
    MINUTES=0 loop_of_chronyd
    MINUTES=0 loop_of_ours
    kill -TERM $daemon
    wait $daemon
}

both_loops() { # sets their_* and our_*: RMS of the error and of its deviation from the mean in us, frequency in ppm; outside: seconds in which the bound was false
    rehearse >/dev/null 2>&1
    read -r their_rms their_deviation their_ppm _ <<<"$(loop_of_chronyd)"
    loop_of_ours >/run/ours # not in a subshell: the daemon goes on
    read -r our_rms our_deviation our_ppm outside </run/ours
    echo "# last $((MINUTES * 45)) s of $((MINUTES * 60)): RMS error $our_rms us, $our_deviation without its mean, $our_ppm ppm"
    echo "# chronyd there: RMS error $their_rms us, $their_deviation without its mean, $their_ppm ppm"
}

no_worse() { # no_worse LEAST_us: our errors against the larger of it and 1.1 times chronyd's
    at_most "$our_rms" "$1" "$(times 1.1 "$their_rms")" && at_most "$our_deviation" "$1" "$(times 1.1 "$their_deviation")"
}

at_most() { # at_most VALUE LIMIT...: not above the largest limit
    awk 'BEGIN { for (i = 2; i < ARGC; i++) if (ARGV[1] <= ARGV[i] + 0 && ARGV[1] != "") exit 0; exit 1 }' "$@" || { echo "$1 is above: ${*:2}"; return 1; }
}

times() { awk -v a="$1" -v b="$2" 'BEGIN { print a * b }'; }
