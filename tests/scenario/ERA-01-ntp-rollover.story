# ERA-01: the seconds of an NTP timestamp return to zero on 2036-02-07 at 06:28:16.
seed 62
start 2036-02-07T05:00:00Z
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 100us
source c good poll 6
expect c from 15m |error| < 1ms
expect c from 15m status synchronised
mutant at 1h good lies 2s
