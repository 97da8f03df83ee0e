# One of a group loses the server that the others still hear: it follows them, and is no reference.
seed 83
run 12h
node server good error 1us
node client a drift 20ppm wander 1e-9 offset 0.01s
node client b drift -30ppm wander 1e-9 offset -0.01s
link a good delay 5ms jitter exponential 50us
link b good delay 5ms jitter exponential 50us
link a b delay 1ms jitter exponential 50us
link b a delay 1ms jitter exponential 50us
set a local.orphan true
set b local.orphan true
set b holdover.max_error 100ms
at 4h link b good loss 100%
expect a from 10m stratum = 2
expect b from 10m until 4h stratum = 2
expect b from 7h stratum = 3
expect b from 10m |error| < 1ms
expect b logged local = 0
mutant at 4h good falls silent
