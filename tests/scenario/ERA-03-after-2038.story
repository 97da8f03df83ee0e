# ERA-03: past 2038-01-19 03:14:07.
seed 64
start 2038-01-19T02:00:00Z
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 100us
source c good poll 6
expect c from 15m |error| < 1ms
expect c from 15m status synchronised
mutant at 1h good lies 2s
