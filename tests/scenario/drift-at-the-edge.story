# The frequency steps by just under clock.max_drift while it is measured: the bound holds before it is learnt.
seed 35
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-10 offset 0.01s
link c good delay 100us jitter exponential 10us
source c good poll 10
at 12h c changes frequency 0.95ppm
expect c from 12h |error| < 3ms
expect c from 16h |error| < 300us
mutant at 12h c changes frequency 200ppm
