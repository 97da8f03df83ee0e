# The liar is there from the first second, and nearer than the others.
seed 25
run 6h
node server good1..good3 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 5s
link c good1..good3 delay 20ms jitter exponential 1ms
link c bad delay 1ms
bad lies -100ms
expect c by 30s |error| < 10ms
expect c bad from 1m state falseticker
mutant good1..good3 falls silent
