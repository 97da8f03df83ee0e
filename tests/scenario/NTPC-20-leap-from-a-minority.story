# NTPC-20: one of four announces a leap second on the last day of a month: ignored.
seed 59
start 2026-12-31
run 12h
node server good1..good3 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad delay 5ms jitter exponential 200us
at 2h bad announces leap insert
expect c from 10m leap none
expect c from 10m status synchronised
mutant at 2h good1..good3 announces leap insert
