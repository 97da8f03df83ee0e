# Truthful servers may be wrong by all they claim, in different directions.
seed 77
run 1d
node server good1..good3 error 2ms root delay 2ms
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 500us jitter exponential 20us
good1 lies 3ms
good2 lies -3ms
at 6h good1 lies -3ms
at 12h good2 lies 3ms
expect c from 10m status synchronised
expect c from 10m |error| < 6ms
mutant at 6h good1..good3 lies 20ms
