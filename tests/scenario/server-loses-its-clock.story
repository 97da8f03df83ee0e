# A server says it is not synchronised (LI 3): not one answer of it is used until it is again.
seed 76
run 12h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 1ms jitter exponential 50us
source c good poll 6
at 4h good loses its clock
at 6h good finds its clock
expect c good from 5h counts server_unsynchronised > 10
at 5h30m expect c status holdover
expect c from 6h10m status synchronised
expect c from 1h |error| < 2ms
mutant at 4h good finds its clock
