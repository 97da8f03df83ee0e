# LEAP-06: three of four sources smear: they win the vote until they leave the bound of before; then the one that does not is followed.
seed 217
start 2026-12-31T06:00:00Z
run 32h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good2..good4 smears linear
at 1m c reads leap file insert at 2027-01-01
expect c from 10m |error| < 20ms
expect c from 8h |error| < 1ms
expect c from 8h status synchronised
expect c good1 from 8h until 29h state selected
expect c good3 from 8h until 29h state refused
expect c logged leap_conflict = 0
mutant good1 smears linear
