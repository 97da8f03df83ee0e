# NTPC-19: an hour off at the first synchronisation is stepped once; an hour off later is refused.
seed 58
run 12h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset -1h
link c good delay 5ms jitter exponential 200us
source c good poll 6
at 6h good lies 1h
expect c by 10s steps = 1
expect c by 10m |error| < 100ms
expect c from 7h logged clock_panic >= 1
expect c from 7h named clock-panic = 1
mutant set c clock.step_limit 0
