# A steered system clock takes the leap second as its kernel does, told in time; nobody calls that another hand on the clock.
seed 87
start 2026-12-31T12:00:00Z
run 1d
leap second insert at 2027-01-01
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
expect c from 1h |error| < 1ms
at 11h expect c leap insert
expect c from 1h |system error| < 1ms
expect c logged clock_disrupted = 0
mutant leap second none at 2027-01-01
