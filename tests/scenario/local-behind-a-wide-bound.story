# A server that claims to be up to 50 ms off is all there is, and holdover may be 28 ms off: while it answers, the clock is synchronised to it and no local reference,
# which would serve the same time. Only when it falls silent the statement takes over.
seed 1
run 12h
node server good stratum 1 error 50ms
node client a drift 20ppm wander 1e-9 offset 0.01s
link a good delay 5ms jitter exponential 50us
set a local.error 1s
set a holdover.max_error 28ms
expect a from 1m until 6h status synchronised
expect a from 1m until 6h stratum = 2
expect a from 30m until 6h bound < 75ms
at 6h good falls silent
expect a from 9h status local
at 11h expect a logged local = 1
mutant at 1h good falls silent
