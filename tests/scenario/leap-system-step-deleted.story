# leap.mode step, and a second is deleted: the kernel skips it.
seed 202
start 2026-12-31T12:00:00Z
run 1d
leap second delete at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
expect c from 30m until 11h59m58s |system error| < 1ms
expect c from 12h5s |system error| < 1ms
expect c logged clock_disrupted = 0
expect c from 10m status synchronised
mutant set c leap.mode slew
