# A smearing listener beside the plain one: each is judged, bound and all, against what it declares.
seed 216
start 2026-12-31T06:00:00Z
run 32h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
at 1m c reads leap file insert at 2027-01-01
expect c from 1h |error| < 1ms
expect c from 1h |smear error| < 1ms
expect c from 10m status synchronised
mutant at 1m c reads leap file none at 2027-01-01
