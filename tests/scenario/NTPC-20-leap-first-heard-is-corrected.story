# NTPC-20: the first source heard is the only one for some seconds, and announces a leap second that does not come. As soon as more announce the one that does,
# that one counts.
seed 226
start 2026-12-31T20:00:00Z
run 6h
leap second insert at 2027-01-01
node server a,b,d,e error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d,e delay 5ms jitter exponential 200us
source c a,b,d,e poll 6
a announces leap delete
at 0 b,d,e falls silent
at 20s b,d,e answers again
at 19s expect c leap delete
at 10m expect c leap insert
expect c from 10m |smear error| < 10ms
expect c from 10m |error| < 10ms
mutant b,d announces leap delete
