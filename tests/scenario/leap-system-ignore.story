# leap.mode ignore: nothing happens to the system clock until a source has been measured after the leap second.
seed 204
start 2026-12-31T12:00:00Z
run 1d
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
set c leap.mode ignore
at 11h50m good1..good4 falls silent
at 12h10m good1..good4 answers again
set c holdover.max_error 10s
expect c from 12h30s until 12h9m |system error| > 0.99s
expect c from 13h30m |system error| < 1ms
expect c from 12h |error| < 5ms
expect c logged clock_disrupted = 0
mutant set c leap.mode slew
