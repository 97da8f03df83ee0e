# NTPC-20: everybody announces for ten days, as some servers do: heeded on the last day of the month only.
seed 209
start 2026-12-29T00:00:00Z
run 50h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good1..good4 announces leap insert
expect c from 10m until 47h leap none
expect c from 10m until 47h |error| < 1ms
expect c from 49h once leap insert
mutant good1..good4 announces leap none
