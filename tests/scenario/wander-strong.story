# An oscillator that wanders ten times more than usual.
seed 14
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-8 offset 0.01s
link c good delay 100us jitter exponential 10us
source c good poll 6
expect c by 10000s rms error < 12us
mutant source c good poll 10
