# NTPC-16: one of three lies by ten seconds.
seed 24
run 1d
node server good1,good2 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1,good2,bad delay 2ms jitter exponential 100us
at 6h bad lies +10s
expect c from 1h |error| < 1ms
expect c from 6h status synchronised
expect c bad from 7h state falseticker
expect c from 1h until 6h named source-false = 0
expect c from 7h named source-false = 1
expect c good1 from 7h state selected
mutant at 6h good1,good2,bad lies +10s
