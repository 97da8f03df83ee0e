# The product of three exponentials: long tails, which a good filter sees coming.
seed 8
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter heavy 30us
source c good poll 6
expect c by 10000s rms error < 6us
mutant source c good poll 10
