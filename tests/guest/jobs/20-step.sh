# qemu: -icount shift=1,sleep=off -rtc clock=vm
# A clock five seconds off is stepped once at the start, and then kept; the kernel is told; what was learnt survives.
. "$(dirname "$0")/../lib.sh"

reference set 5
start_reference 11124
write_config /run/utcd.yaml 11124
start_daemon /run/utcd.yaml
ok "synchronised" wait_for 20 synchronised
ok "the error of 5 s is gone" wait_for 5 offset_within 0.05
ok "it was a step" grep -q "stepped" /run/daemon.log
ok "the kernel counts as synchronised" wait_for 5 kernel_synchronised 1000000
sleep 20
ok "what remained is worked off" offset_within 0.005
kill -TERM $daemon
wait $daemon
ok "a clean end" ended_well $?
ok "the kernel's clock is left disciplined" kernel_synchronised 2000000
ok "the drift is saved" test -s /run/drift
ok "and the time is still right" offset_within 0.005
