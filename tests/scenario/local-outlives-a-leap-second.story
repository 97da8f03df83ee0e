# Under `local` for days, over a leap second that an earlier run knew to be near: what is kept can be read by the next run.
seed 87
start 2026-12-30T06:00:00Z
run 4d
leap second insert at 2027-01-01
node server good error 1us
node client c drift 1ppm offset 0.01s
link c good delay 5ms jitter exponential 200us
source c good poll 6
c reads leap file insert at 2027-01-01
set c local.error 3s
set c holdover.max_error 10ms
at 1h good falls silent
at 30h expect c status local
at 30h c restarts
expect c from 31h status local
at 31h expect c leap insert
at 90h c restarts
at 4d expect c leap none
mutant at 30h c starts afresh
