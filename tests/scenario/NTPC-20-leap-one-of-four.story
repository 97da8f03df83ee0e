# NTPC-20: one of four servers announces a leap second: ignored.
seed 207
start 2026-12-31T12:00:00Z
run 1d
leap second none at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good1..good3 announces leap none
good4 announces leap insert
expect c from 10m leap none
expect c from 10m |error| < 1ms
expect c from 10m status synchronised
mutant good1..good3 announces leap insert
