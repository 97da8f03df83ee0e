# qemu: -icount shift=1,sleep=off -rtc clock=vm
# An oscillator 37 ppm slow, a source that tells the truth: how well is the kernel's clock kept, and by whom?
. "$(dirname "$0")/../closed-loop.sh"

CHRONYD_US=0.26   # what chronyd says of itself after an hour of this
RESOLUTION_US=0.02

sleep 10 # the kernel still measures its own clocks
rehearse >/dev/null 2>&1
pair 1
ok "the frequency is learnt" within 0.01 "$(awk -v ppm="$ours_ppm" -v truth=$PPM 'BEGIN { print ppm - truth }')"
ok "the error is no larger than chronyd's" at_most "$ours_rms" "$(times 1.1 "$chronyd_rms")"
ok "nor than chronyd's is known to be" at_most "$ours_rms" $CHRONYD_US
ok "nor is what it wanders" at_most "$ours_deviation" $RESOLUTION_US "$(times 1.1 "$chronyd_deviation")"
ok "the bound was never false" [ "$ours_outside" = 0 ]
