# NTPC-11: strata that cannot be, and the alarm bits: never selected.
seed 52
run 6h
node server good1..good3 error 1us
node server bad1..bad4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad1..bad4 delay 5ms jitter exponential 200us
source c good1..good3,bad1..bad4 poll 6
bad1 tampers stratum-16
bad2 tampers stratum-255
bad3 tampers alarm
bad4 tampers stratum-0
expect c bad1 accepted = 0
expect c bad2 accepted = 0
expect c bad3 accepted = 0
expect c bad4 accepted = 0
expect c by 1h bad1 counts stratum > 3
expect c by 1h bad2 counts stratum > 3
expect c by 1h bad3 counts server_unsynchronised > 3
expect c from 10m status synchronised
expect c from 10m sources selected = 3
mutant bad1 tampers nothing
