# NTPC-06: receive or transmit timestamp zero.
seed 50
run 6h
node server good1..good3 error 1us
node server bad1,bad2 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad1,bad2 delay 5ms jitter exponential 200us
source c good1..good3,bad1,bad2 poll 6
bad1 tampers receive-zero
bad2 tampers transmit-zero
expect c by 1h bad1 counts zero_time > 3
expect c by 1h bad2 counts zero_time > 3
expect c bad1 accepted = 0
expect c from 10m status synchronised
expect c from 1h |error| < 1ms
mutant bad1 tampers nothing
