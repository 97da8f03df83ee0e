# leap.mode smear with UTC-SLS: 1000 ppm for 1000 s before the leap second.
seed 206
start 2026-12-31T12:00:00Z
run 1d
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
set c leap.mode smear
set c leap.smear utc-sls
set c clock.max_slew 1500ppm
expect c from 30m |system smear error| < 5ms
expect c from 12h1m |system error| < 1ms
mutant set c leap.smear linear
