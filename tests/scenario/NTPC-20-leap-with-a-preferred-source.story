# NTPC-20: sources that are not preferred are not followed, but have their say about leap seconds.
seed 227
start 2026-12-31T20:00:00Z
run 6h
leap second insert at 2027-01-01
node server a,b,d,e error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d,e delay 5ms jitter exponential 200us
source c a poll 6 prefer
source c b,d,e poll 6
at 1h expect c leap insert
expect c from 10m |error| < 10ms
mutant b,d,e announces leap none
