# clock.min_sources: two wanted, one there.
seed 75
run 6h
node server good1,good2 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1,good2 delay 1ms jitter exponential 50us
set c clock.min_sources 2
good2 falls silent
at 3h good2 answers again
expect c until 3h not usable
expect c from 4h status synchronised
mutant set c clock.min_sources 1
