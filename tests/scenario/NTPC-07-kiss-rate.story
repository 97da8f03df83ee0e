# NTPC-07: RATE raises the poll interval, no further than the longest allowed; the source stays.
seed 43
run 12h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 200us
source c good poll 4..8
at 2h good kisses RATE
at 2h20m good kisses nothing
expect c good from 2h30m poll >= 5
expect c good poll <= 8
expect c good from 3h counts kiss >= 1
expect c from 3h status synchronised
mutant at 2h good kisses nothing
