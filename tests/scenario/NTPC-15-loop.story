# NTPC-15: a server that follows us is no source for us.
seed 56
run 6h
node server good1..good3 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad delay 5ms jitter exponential 200us
source c good1..good3,bad poll 6
bad follows c
expect c by 1h bad counts loop > 3
expect c bad accepted = 0
mutant bad follows good1
