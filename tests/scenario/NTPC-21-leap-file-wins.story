# NTPC-21: a majority announces a leap second that a valid file does not know: the file wins, with an alarm.
seed 85
start 2026-12-31T12:00:00Z
run 1d
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
good1..good3 announces leap insert
at 1m c reads leap file none at 2027-01-01
expect c from 10m leap none
expect c from 10m logged leap_conflict >= 1
expect c from 10m named leap-conflict = 1
expect c from 1h |error| < 1ms
mutant at 1m c reads leap file insert at 2027-01-01
