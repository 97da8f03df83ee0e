# Two of six tell the same lie.
seed 27
run 1d
node server good1..good4 error 1us
node server bad1,bad2 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4,bad1,bad2 delay 2ms jitter exponential 100us
at 6h bad1,bad2 lies 100ms
expect c from 1h |error| < 1ms
expect c bad1 from 8h state falseticker
expect c bad2 from 8h state falseticker
mutant at 6h good1..good4 lies 100ms
