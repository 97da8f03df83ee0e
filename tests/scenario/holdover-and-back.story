# All sources fall silent: holdover with a growing bound, free-running when it is too wide, and back again.
seed 31
run 2d
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 1ms jitter exponential 50us
source c good1..good3 poll 6
set c holdover.max_error 200ms
at 6h good1..good3 falls silent
at 30h good1..good3 answers again
expect c from 10m until 6h status synchronised
at 7h expect c status holdover
at 7h expect c usable
at 29h expect c status free-running
at 29h expect c not usable
expect c from 31h status synchronised
expect c from 1h until 7h |error| < 2ms
expect c from 31h |error| < 1ms
mutant set c holdover.max_error 1d
