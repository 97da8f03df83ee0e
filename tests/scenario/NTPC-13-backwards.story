# NTPC-13: a server whose time runs back between receive and transmit.
seed 54
run 6h
node server good1..good3 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad delay 5ms jitter exponential 200us
source c good1..good3,bad poll 6
bad tampers backwards
expect c by 1h bad counts backwards > 3
expect c bad accepted = 0
expect c from 10m sources selected = 3
mutant bad tampers nothing
