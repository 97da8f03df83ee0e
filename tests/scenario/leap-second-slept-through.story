# A machine sleeps through the leap second. When it wakes it is before midnight by its own count, and the source that answers first announces nothing any more,
# as another never did: that takes back nothing.
seed 232
start 2026-12-31T16:00:00Z
run 14h
leap second insert at 2027-01-01
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c a,b,d delay 2ms jitter exponential 200us
source c a poll 5
source c b,d poll 8 no burst
d announces leap none
at 7h54m c suspends 32m
at 8h25m b,d falls silent
at 8h30m b,d answers again
at 7h expect c leap insert
expect c from 8h40m status synchronised
expect c from 8h40m |smear error| < 10ms
expect c from 8h40m |error| < 10ms
mutant b announces leap none
