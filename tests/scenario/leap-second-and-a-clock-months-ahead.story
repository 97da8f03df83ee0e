# A clock that is two months ahead, on the last day of a month by its own count too: the leap second that its sources announce is that of the day to which it
# is stepped.
seed 228
start 2026-12-31T16:00:00Z
run 14h
leap second insert at 2027-01-01
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 5097600s
link c a,b,d delay 5ms jitter exponential 200us
source c a,b,d poll 6
at 1h expect c leap insert
expect c from 10m |smear error| < 10ms
expect c from 10m |error| < 10ms
mutant a,b,d announces leap none
