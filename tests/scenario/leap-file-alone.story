# The file knows the leap second, the sources announce nothing: the file wins.
seed 211
start 2026-12-31T11:00:00Z
run 1d
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good1..good4 announces leap none
at 1m c reads leap file insert at 2027-01-01
at 12h expect c leap insert
expect c from 13h5s leap none
expect c from 30m |error| < 1ms
expect c from 10m status synchronised
expect c logged leap_conflict = 0
mutant at 1m c reads leap file none at 2027-01-01
