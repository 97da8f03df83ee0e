# Two sources disagree and nothing is served as right, until an operator takes out the wrong one: the other is the majority then, at once and after a sleep.
seed 76
run 8h
node server good,bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good,bad delay 2ms jitter exponential 100us
source c good,bad poll 6
at 1h bad lies 5s
at 3h c takes bad offline
at 5h c suspends 10m
at 7h bad lies 0s
at 7h c takes bad online
expect c from 10m until 1h status synchronised
expect c from 2h until 3h not usable
expect c from 182m until 5h status synchronised
expect c from 312m status synchronised
at 4h expect c bad state offline
expect c bad from 7h5m state selected
expect c from 182m until 5h |error| < 1ms
expect c from 312m |error| < 1ms
mutant at 3h c takes bad online
