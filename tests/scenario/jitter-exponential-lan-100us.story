# A hundred microseconds of exponential jitter; the theoretical optimum is 10 us.
seed 6
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 100us
source c good poll 6
expect c by 10000s rms error < 16us
mutant source c good poll 10
