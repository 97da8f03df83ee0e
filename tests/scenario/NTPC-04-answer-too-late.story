# NTPC-04: an answer that comes after the next request is none.
seed 48
run 6h
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
at 2h good1 tampers late
expect c good1 from 2h10m reach = 0
expect c good1 from 2h10m state unreachable
expect c from 10m status synchronised
mutant at 2h good1 tampers nothing
