# qemu: -icount shift=1,sleep=off -rtc clock=vm
# --once sets the clock and ends; --once --dry-run only says what it would do.
. "$(dirname "$0")/../lib.sh"

reference set -7
start_reference 11124
write_config /run/utcd.yaml 11124
ok "a dry run ends well" "$BUILD/simple-utcd" --config /run/utcd.yaml --once --dry-run
far_off() { ! offset_within 6.9; }
ok "it changed nothing" far_off
ok "--once ends well" "$BUILD/simple-utcd" --config /run/utcd.yaml --once
ok "the clock is right" offset_within 0.02
