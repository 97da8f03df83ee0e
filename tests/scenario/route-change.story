# A millisecond more, both ways, from noon on.
seed 18
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 10us
source c good poll 6
at 12h link c good delay 1100us
expect c by 3h until 12h |error| < 50us
expect c from 14h |error| < 50us
expect c from 12h |error| < 900us
mutant at 12h link c to good delay 2100us
