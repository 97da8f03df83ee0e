# 0.2 ms more, both ways, from noon on: no more than jitter makes of it by itself now and then, but of all packets.
seed 18
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 1ms jitter exponential 100us
source c good poll 6
at 12h link c good delay 1200us
expect c by 3h until 12h |error| < 60us
expect c from 14h |error| < 60us
mutant at 12h link c to good delay 1400us
