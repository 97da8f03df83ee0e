# The first of two loses its sources; when it stops being usable, so does the second. Neither ever lies about its error.
seed 73
run 2d
node server good error 1us
node client a drift 20ppm wander 1e-9 offset 0.01s
node client b drift -30ppm wander 1e-9 offset -0.01s
link a good delay 1ms jitter exponential 50us
link b a delay 1ms jitter exponential 50us
set a holdover.max_error 100ms
set b holdover.max_error 200ms
at 6h good falls silent
expect a from 40h not usable
expect b from 45h not usable
expect b from 1h until 6h usable
mutant at 20h good answers again
