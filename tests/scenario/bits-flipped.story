# One random bit of every answer of one server is flipped.
seed 61
run 1d
node server good1..good3 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad delay 5ms jitter exponential 200us
source c good1..good3,bad poll 4
bad tampers bits
expect c from 10m status synchronised
expect c from 1h |error| < 1ms
mutant good1..good3 falls silent
