# A positive leap second, announced by all sources on the day before, by no file: armed, executed, withdrawn.
seed 82
start 2026-12-31T12:00:00Z
run 1d
leap second insert at 2027-01-01
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
at 11h expect c leap insert
at 13h expect c leap none
expect c from 1h |error| < 1ms
expect c from 10m status synchronised
expect c steps < 2
mutant leap second none at 2027-01-01
