# The unsigned 32-bit count of seconds since 1970 ends on 2106-02-07.
seed 65
start 2106-02-07T05:00:00Z
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 100us
source c good poll 6
expect c from 15m |error| < 1ms
expect c from 15m status synchronised
mutant at 1h good lies 2s
