# qemu: -icount shift=1,sleep=off -rtc clock=vm
# A clock 40 ms ahead is slewed back, never stepped; an oscillator 80 ppm off is learnt.
. "$(dirname "$0")/../lib.sh"

sleep 10 # the kernel still measures its own clocks
slowed_down() { awk -v freq="$(reference kernel | cut -d' ' -f3)" 'BEGIN { exit !(freq < 0) }'; }
start_reference 11124 80
write_config /run/utcd.yaml 11124
"$BUILD/simple-utcd" --version >/dev/null # what is read from the host for the first time makes the machine's time leap
"$BUILD/utcctl" version >/dev/null
reference kernel >/dev/null
reference set 0.04 80
export SIMPLE_UTCD_CLOCK__STEP_THRESHOLD=128ms
start_daemon /run/utcd.yaml --one-process
ok "synchronised" wait_for 20 synchronised
ok "it is slowed down" wait_for 10 slowed_down
read -r backwards last <<<"$(reference watch 25 80)"
ok "the clock never ran backwards" within 0.000000001 "$backwards"
ok "the error shrinks" within 0.036 "$last"
ok "no step" sh -c '! grep -q stepped /run/daemon.log'
