# The machine itself: its clock can be set, and nothing of that reaches the host.
. "$(dirname "$0")/../lib.sh"

date_is() { [ "$(date -u +%Y-%m-%dT%H)" = "$1" ]; }
frequency_is() { busybox adjtimex | grep -q "freq.adjust: *$1 "; }

ok "the clock can be stepped" date -u -s 2016-12-31T10:00:00
ok "the step holds" date_is 2016-12-31T10
ok "the frequency can be set" busybox adjtimex -f 655360
ok "the frequency holds" frequency_is 655360
