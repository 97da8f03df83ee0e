# A liar that tells the truth again is taken back.
seed 28
run 1d
node server good1,good2 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1,good2,bad delay 2ms jitter exponential 100us
at 3h bad lies 1s
at 6h bad lies 0
expect c bad from 4h until 6h state falseticker
expect c bad from 8h state selected
expect c from 1h |error| < 1ms
mutant at 6h bad lies 2s
