# Seven sources over different paths, one estimate.
seed 23
run 1d
node server good1..good7 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 1ms jitter exponential 100us
link c good4..good6 delay 10ms jitter exponential 1ms
link c good7 delay 50ms jitter heavy 2ms
expect c by 1h status synchronised
expect c by 10000s rms error < 60us
mutant at 6h good1..good7 falls silent
