# NTPC-17, later: two sources agreed for hours, then one goes a second astray.
seed 30
run 12h
node server good error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good,bad delay 2ms jitter exponential 100us
source c good,bad poll 6
at 6h bad lies 1s
expect c from 10m until 6h status synchronised
expect c from 6h |error| < 100ms
expect c from 6h5m not usable
expect c steps < 2
mutant at 6h bad lies 0
