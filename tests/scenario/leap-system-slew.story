# leap.mode slew: the system clock is a second ahead afterwards, and that is worked off at clock.max_slew, 500 ppm.
seed 203
start 2026-12-31T12:00:00Z
run 1d
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
expect c from 30m until 11h59m58s |system error| < 1ms
at 12h30s expect c |system error| > 0.9s
at 12h16m expect c |system error| < 0.6s
expect c from 12h40m |system error| < 1ms
expect c from 12h |error| < 1ms
expect c logged clock_disrupted = 0
set c leap.mode slew
mutant set c leap.mode step
mutant set c clock.max_slew 100ppm
