# qemu: -icount shift=1,sleep=off -rtc clock=vm
# An oscillator 37 ppm slow, a source that tells the truth: how well is the kernel's clock kept, and by whom?
. "$(dirname "$0")/../closed-loop.sh"

sleep 10 # the kernel still measures its own clocks
start_line $PORT $PPM
both_loops
ok "the frequency is learnt" within 0.01 "$(awk -v ppm="$our_ppm" -v truth=$PPM 'BEGIN { print ppm - truth }')"
ok "the error is no larger than chronyd's" no_worse 0.3
ok "the bound was never false" [ "$outside" = 0 ]
