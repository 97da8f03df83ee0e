# CLK-02: a sleep and the silence after it are one silence: the frequency may be off by max_drift_silent when the machine wakes, and the clock chip counted the
# sleep in whole seconds only. What is heard then may have a wide span of its own; what was known before the sleep must not cut the truth off it.
seed 41
run 6h
node server near stratum 3 error 4us root delay 1ms
node server far stratum 1 error 90us root delay 60ms
node client c drift 378ppm wander 1e-11 within 0.25ppm steers
link c near delay 50us
link c far delay 1ms jitter exponential 20us
source c near poll 5..5
source c far poll 8..9 no burst
at 2h c suspends 2h
at 3h near falls silent
at 3h far falls silent
at 4h1m c changes frequency -14.4ppm
at 4h19m c changes frequency 14.4ppm
at 4h50m near answers again
at 4h20m far answers again
at 4h10m expect c named disrupted = 1
expect c from 4h40m status synchronised
expect c from 5h10m |error| < 1ms
mutant at 4h19m c suspends 30m
