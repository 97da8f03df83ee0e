# NTPC-14: round trips of twenty seconds say nothing.
seed 55
run 6h
node server good1..good3 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
link c bad delay 10s
source c good1..good3,bad poll 6
expect c bad accepted = 0
expect c from 10m sources selected = 3
expect c from 10m status synchronised
mutant link c bad delay 10ms
