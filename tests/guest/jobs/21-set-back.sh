# qemu: -icount shift=1,sleep=off -rtc clock=vm
# CLK-01, ST-06: a clock that another hand set back comes forward by a step, while the budget lasts; a start in the past goes on from the saved time.
. "$(dirname "$0")/../lib.sh"

logged() { grep -q "$1" /run/daemon.log; }
clock_word() { "$BUILD/utcctl" clock --json | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }
steps_are() { [ "$(clock_word steps)" = "$1" ] || { clock_word steps; return 1; }; }
remembered() { # remembered KEY: seconds
    awk -v key="$1_ns" '$1 == key { printf "%d\n", $2 / 1e9 }' /run/drift
}
within_seconds() { [ "$2" -ge $(($1 - 2)) ] && [ "$2" -le $(($1 + 2)) ] || { echo "$2 is not $1"; return 1; }; }

stop() {
    kill -TERM $daemon
    wait $daemon
}

reference set 5
start_reference 11124
write_config /run/utcd.yaml 11124
sed -i 's/mode: system/mode: system, step_budget: 79s/' /run/utcd.yaml
start_daemon /run/utcd.yaml
ok "synchronised" wait_for 20 synchronised
sleep 5
reference set -40
ok "another hand on the clock is noticed" wait_for 60 logged "another program stepped the system clock"
ok "it is put forward by a step" wait_for 60 logged "put forward by a step"
ok "and right again" wait_for 20 offset_within 0.05
ok "without being taken for another foreign step" [ "$(grep -c 'another program stepped' /run/daemon.log)" = 1 ]
ok "two steps in all" steps_are 2
ok "the sum is saved at once" within_seconds 40 "$(remembered stepped)"
left=$(uptime_s)
stop
ok "a clean end" ended_well $?

date -s 2020-02-02 >/dev/null
start_daemon /run/utcd.yaml
ok "a start in the past is told" wait_for 20 logged "behind the time this daemon knew last"
away=$(($(uptime_s) - left)) # a second on an idle host, half a minute on a busy one: that much of the step is beyond the saved time, and counts
ok "synchronised again" wait_for 20 synchronised
ok "the clock is right by one step" wait_for 20 offset_within 0.05
ok "one step of this run" steps_are 1
ok "the way to the saved time is not counted" within_seconds $((40 + away)) "$(remembered stepped)"

sleep 5
reference set -40
ok "the next step back" wait_for 60 logged "another program stepped the system clock"
ok "is beyond the budget" wait_for 60 logged "clock.step_budget is 1.317 min"
ok "so it is only slewed" sh -c "[ $(clock_word steps) = 1 ]"
stop
ok "a clean end after that" ended_well $?
ok "the refused step was not counted" within_seconds $((40 + away)) "$(remembered stepped)"
