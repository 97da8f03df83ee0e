# After a restart the learnt frequency is there at once.
seed 71
run 12h
node server good error 1us
node client c drift 300ppm wander 1e-9 offset 0.01s steers
link c good delay 1ms jitter exponential 20us
source c good poll 6
at 6h c restarts
expect c from 1h until 6h |error| < 200us
expect c from 6h1m |error| < 1ms
expect c from 6h1m |frequency error| < 1ppm
expect c from 6h1m status synchronised
mutant at 6h1m c changes frequency 5ppm
