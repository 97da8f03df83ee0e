# A client of a client: what the first claims about itself is true for the second.
seed 72
run 1d
node server good1..good3 error 1us
node client a drift 20ppm wander 1e-9 offset 0.01s
node client b drift -30ppm wander 1e-9 offset -0.01s
link a good1..good3 delay 1ms jitter exponential 50us
link b a delay 1ms jitter exponential 50us
expect a from 10m stratum = 2
expect b from 1h stratum = 3
expect b from 1h |error| < 2ms
mutant at 6h good1..good3 falls silent
