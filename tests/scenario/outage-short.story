# Three missed polls are no holdover.
seed 33
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 1ms jitter exponential 50us
source c good poll 6
at 3h good falls silent
at 184m good answers again
expect c from 10m status synchronised
expect c from 1h |error| < 500us
mutant at 4h good falls silent
