# NTPC-17, with an outage: two servers disagree, the network fails for an hour. Whichever is heard first then is not followed for that.
seed 2
run 3h
node server good error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.1s
link c good,bad delay 10ms jitter exponential 200us
source c good,bad poll 6
bad lies 10s
at 20m good,bad falls silent
at 80m good,bad answers again
expect c not usable
at 75m expect c bad state unreachable
at 83m expect c bad state new
at 83m expect c good state new
expect c steps = 0
mutant bad lies 0
