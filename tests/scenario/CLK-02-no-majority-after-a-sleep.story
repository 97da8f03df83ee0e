# CLK-02: after a sleep the sources contradict each other at first. Once they agree, served time is put forward by what was slept, as it would have been by
# the first answers, and not worked off over weeks.
seed 220
run 6h
node server a,b error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b delay 1ms jitter exponential 50us
source c a,b poll 6
at 7190s b lies 20ms
at 2h c suspends 1h
at 3h10m b lies 0
at 3h5m expect c not usable
at 4h expect c status synchronised
expect c from 4h |error| < 1ms
mutant at 3h10m b lies 20ms
