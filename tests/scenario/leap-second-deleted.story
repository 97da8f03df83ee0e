# The negative one, which has never happened.
seed 83
start 2026-12-31T12:00:00Z
run 1d
leap second delete at 2027-01-01
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
at 11h expect c leap delete
at 13h expect c leap none
expect c from 1h |error| < 1ms
expect c from 10m status synchronised
expect c steps < 2
mutant leap second none at 2027-01-01
