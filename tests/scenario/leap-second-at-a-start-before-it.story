# A start a second before a deleted leap second, of a clock that is days ahead, so that it has what it remembers for long past: what is measured on one side of it
# is not to be set by on the other.
seed 233
start 2026-12-31T20:00:00Z
run 5h
leap second delete at 2027-01-01
node server a,b,d,e error 1us
node client c drift 20ppm wander 1e-9 offset 650000s
link c a,b,d,e delay 200us jitter exponential 10us
source c a,b,d,e poll 6
at 3h59m57s d,e falls silent
at 3h59m58s c restarts
at 3h59m58.5s a,b,d,e falls silent
at 4h30s a,b,d,e answers again
at 4h3m expect c status synchronised
expect c from 4h3m |error| < 1ms
expect c from 4h3m |smear error| < 1ms
mutant at 3h59m58s c starts afresh
