# The system clock is a month ahead when the daemon starts, so the file's leap second looks long past. With the step that sets it right the leap second is known.
seed 223
start 2026-12-31T20:00:00Z
run 6h
leap second insert at 2027-01-01
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 30d
link c good delay 5ms jitter exponential 200us
source c good poll 6 no burst
good announces leap none
c reads leap file insert at 2027-01-01
at 1s expect c status synchronised
at 1s expect c leap insert
expect c from 1s |smear error| < 10ms
mutant c reads leap file none at 2027-01-01
