# qemu: -icount shift=1,sleep=off -rtc clock=vm
# A leap second that a file knows is inserted by the kernel, as the daemon tells it to.
. "$(dirname "$0")/../leap.sh"

rehearse >/dev/null
prepare 1 /run/leap-seconds.list 11124
reference list /run/leap-seconds.list
pass_through inserted $STA_INS 38
