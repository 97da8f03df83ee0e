# qemu: -icount shift=1,sleep=off -rtc clock=vm
# A leap second that the source announces is deleted by the kernel, though another program had told it the contrary.
. "$(dirname "$0")/../leap.sh"

rehearse >/dev/null
export ANNOUNCE=1
prepare -1 /run/no-list 11124
reference arm $STA_INS
pass_through deleted $STA_DEL 36
ok "what another program told the kernel was cleared, and that is said" grep -q cleared /run/daemon.log
