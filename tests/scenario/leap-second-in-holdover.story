# The sources announce the leap second and fall silent before it: what is in the page happens without them.
seed 84
start 2026-12-30T18:00:00Z
run 2d
leap second insert at 2027-01-01
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
set c holdover.max_error 10s
at 29h50m good1..good3 falls silent
at 30h20m good1..good3 answers again
expect c from 1h |error| < 1ms
expect c from 10m usable
mutant at 5h good1..good3 falls silent
