# The file knows the leap second long before; the sources fall silent around it.
seed 86
start 2026-12-31T12:00:00Z
run 1d
leap second insert at 2027-01-01
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
at 1m c reads leap file insert at 2027-01-01
at 11h50m good1..good3 falls silent
at 12h20m good1..good3 answers again
expect c from 10m until 11h59m leap insert
at 13h expect c leap none
expect c from 1h |error| < 1ms
mutant at 1m c reads leap file none at 2027-01-01
