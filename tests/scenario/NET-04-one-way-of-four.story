# NET-04: 100 ms more in one direction of one of four servers.
seed 302
run 1d
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 100us
at 6h link c to good2 delay 105ms
expect c by 1h |error| < 1ms
expect c from 6h status synchronised
mutant at 6h link c to good1..good4 delay 105ms
