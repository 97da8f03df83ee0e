# NTPC-20: a majority announces on the last day of the month, and no file says otherwise: armed.
seed 208
start 2026-12-30T12:00:00Z
run 2d
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good4 announces leap none
at 6h expect c leap none
at 20h expect c leap insert
expect c from 1h |error| < 1ms
expect c from 10m status synchronised
mutant good2..good4 announces leap none
