# One direction becomes 4 ms longer. Nobody can see which: half of it is error, and inside the bound.
seed 19
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 1ms jitter exponential 10us
source c good poll 6
at 12h link c to good delay 5ms
expect c by 3h until 12h |error| < 50us
expect c from 12h |error| < 2.1ms
expect c from 12h bound < 15ms
mutant at 12h good lies 20ms
