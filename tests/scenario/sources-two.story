# Two sources that agree are better than one.
seed 22
run 1d
node server good1,good2 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1,good2 delay 1ms jitter exponential 100us
expect c by 1h sources selected = 2
expect c by 10000s rms error < 60us
mutant at 6h good2 lies 1s
