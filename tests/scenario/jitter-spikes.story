# One packet in ten is late by 5 ms. Most samples are good, and it is those that the poll interval follows.
seed 72
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 10us reorder 10% by 5ms
source c good poll 6..10
expect c by 10000s rms error < 25us
expect c by 23h packets < 600
mutant source c good poll 10
