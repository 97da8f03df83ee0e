# leap.mode smear: the system clock follows the linear smear from noon to noon; what is served is UTC.
seed 205
start 2026-12-31T06:00:00Z
run 32h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
set c leap.mode smear
expect c from 7h |system smear error| < 1ms
expect c from 7h |error| < 1ms
at 17h59m expect c |system error| > 0.49s
expect c from 30h30m |system error| < 1ms
expect c logged clock_disrupted = 0
mutant set c leap.mode step
