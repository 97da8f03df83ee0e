# A start within the second that is told twice, of a clock that is seconds off: which of the two a source means cannot be told, so what is measured
# so near to it is left out.
seed 230
start 2026-12-31T20:00:00Z
run 5h
leap second insert at 2027-01-01
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 12s
link c a,b,d delay 200us jitter exponential 10us
source c a,b,d poll 6
at 3h59m59s c restarts
at 4h3m expect c status synchronised
at 4h3m expect c a counts near_leap > 0
expect c from 4h3m |error| < 1ms
expect c from 4h3m |smear error| < 1ms
mutant at 3h59m59s a,b,d falls silent
