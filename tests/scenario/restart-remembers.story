# A restart goes on with the learnt frequency, wander and noise: half an hour later it is as good as ever. Without the memory it is not.
seed 72
run 6h30m
node server good error 1us
node client c drift 40ppm wander 1e-9 steers
link c good delay 20ms jitter exponential 1ms
source c good poll 6
at 6h c restarts
expect c from 6h |error| < 1.5ms
expect c from 6h1m |frequency error| < 0.2ppm
mutant at 6h c starts afresh
mutant at 6h1s c starts afresh
