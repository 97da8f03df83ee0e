# qemu: -icount shift=1,sleep=off -rtc clock=vm
# What the kernel is told is true for others; only one process may set the clock, and it comes back; another hand on the clock is noticed.
. "$(dirname "$0")/../lib.sh"

PORT=11124
PPM=20
CAP_SYS_TIME=0000000002000000
NOTHING=0000000000000000
PAUSE_US=2000000

start_auto() { # a daemon below build/ would not steer unasked
    mkdir -p /run/bin
    cp "$BUILD/simple-utcd" /run/bin/
    BUILD=/run/bin start_daemon /run/utcd.yaml
}

pid_of() { # pid_of ROLE
    grep -lx "utcd-$1" /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3 | head -1
}

rights_are() { # rights_are ROLE EFFECTIVE: and no more can be had, nor is it root
    local pid
    pid=$(pid_of "$1")
    grep -E '^(Uid|Cap(Prm|Eff|Inh|Amb)|NoNewPrivs)' "/proc/${pid:-none}/status"
    grep -q "^CapEff:.$2" "/proc/$pid/status" && grep -q "^CapPrm:.$2" "/proc/$pid/status" && ! grep -q '^Uid:.0' "/proc/$pid/status"
}

clock_word() { # clock_word KEY: of `utcctl clock --json`
    "$BUILD/utcctl" clock --json | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"
}

unsynchronised() { ! kernel_synchronised 16000000; }
logged() { grep -q "$1" /run/daemon.log; }
tai_is() { [ "$(reference tai)" = "$1" ]; }
right() { within 0.005 "$(reference offset $PPM)"; }

steered_to() { # steered_to PPM: the kernel's frequency is that of the truth
    within 0.2 "$(awk -v ppm="$(reference kernel | cut -d' ' -f3)" -v truth="$1" 'BEGIN { print ppm - truth }')"
}

kernel_says_no_less() { # maxerror as the kernel ages it, not below half of what the page says now
    local maxerror_us bound_ns
    bound_ns=$(clock_word bound_ns)
    maxerror_us=$(reference kernel | cut -d' ' -f2)
    echo "maxerror $maxerror_us us, bound $bound_ns ns"
    [ $((maxerror_us * 2000)) -gt "$bound_ns" ] && [ "$maxerror_us" -lt 100000 ]
}

hardware_clock_right() { # written by the kernel itself, at most every 11 minutes, and only while it counts as synchronised
    within 2.5 $(($(cat /sys/class/rtc/rtc0/since_epoch) - $(date +%s)))
}

served_right() { # to a client, by the truth
    [ "$(line record 5 $PPM /run/simple-utcd/page | cut -d' ' -f4)" = 0 ]
}

named() { "$BUILD/utcctl" status --json | grep -q "\"id\":\"$1\""; }
unnamed() { ! named "$1"; }

another_clock_process() { [ -n "$(pid_of clock)" ] && [ "$(pid_of clock)" != "$1" ]; }

sleep 10
forget $PPM
reference set 5 $PPM
write_config /run/utcd.yaml $PORT
sed -i 's/mode: system/mode: auto, step_limit: 2/' /run/utcd.yaml
echo 'process: {user: nobody}' >>/run/utcd.yaml
start_auto
wait_for 60 logged "clock: "
sleep 5
ok "auto steers where it may and nobody else does" [ "$(clock_word mode)" = system ]
ok "the kernel counts as unsynchronised until the daemon is" unsynchronised
ok "the clock process has the right to set the clock, and no other" rights_are clock $CAP_SYS_TIME
ok "the core process has none" rights_are core $NOTHING
ok "the serve process has none" rights_are serve $NOTHING

start_line $PORT $PPM
ok "synchronised" wait_for 300 synchronised
ok "the kernel counts as synchronised" wait_for 60 kernel_synchronised 100000
ok "its maxerror covers the bound" kernel_says_no_less
ok "it knows TAI" tai_is 37
ok "after one step" [ "$(clock_word steps)" = 1 ]
ok "the frequency is learnt" wait_for 600 steered_to $PPM
ok "the hardware clock is kept by the kernel" wait_for 800 hardware_clock_right

clock_pid=$(pid_of clock)
kill -KILL "$clock_pid"
ok "PROC-02: a killed clock process comes back" wait_for 20 another_clock_process "$clock_pid"
ok "PROC-02: the step is not forgotten" [ "$(clock_word steps)" = 1 ]
ok "PROC-02: with its right, and no other" rights_are clock $CAP_SYS_TIME
busybox adjtimex -f 6553600 >/dev/null
ok "PROC-02: and it steers: a foreign frequency is put back" wait_for 300 steered_to $PPM
ok "PROC-02: the error of that is worked off" wait_for 300 right

reference set 0.05 $PPM
ok "a foreign step is noticed and named" wait_for 120 logged "another program stepped the system clock"
ok "and worked off" wait_for 300 right

ln -s /usr/bin/sleep /run/chronyd
/run/chronyd 100000 &
rival=$!
ok "another program that could steer is named, though it came later" wait_for 100 named rival
kill $rival
ok "and no longer when it has ended" wait_for 100 unnamed rival

kill -TERM $daemon
wait $daemon
ok "a clean end" ended_well $?
ok "the frequency stays disciplined" steered_to $PPM
ok "the kernel still counts as synchronised" kernel_synchronised 200000
sleep 60
ok "and the clock keeps time on its own" right

start_auto
wait_for 60 synchronised
date -s "+40 seconds" >/dev/null
ok "after a step by hours of slewing" wait_for 120 logged "another program stepped the system clock"
ok "the time served is right again at once" wait_for 60 served_right
ok "and the kernel's clock counts as unsynchronised" wait_for 60 unsynchronised
kill -TERM $daemon
wait $daemon

start_chronyd 127.0.0.1 $PORT 4
sleep 5
start_auto
wait_for 60 synchronised
ok "beside chronyd auto does not steer" [ "$(clock_word mode)" = virtual ]
ok "and says who does" sh -c "'$BUILD/utcctl' clock --json | grep 'kept by chronyd'"
ok "it serves all the same" synchronised
