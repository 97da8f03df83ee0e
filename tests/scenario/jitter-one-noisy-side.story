# The way back is ten times as noisy as the way there, at long poll intervals.
seed 21
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 10us
link good to c jitter exponential 100us
source c good poll 6..10
expect c by 10000s rms error < 35us
mutant link good to c jitter exponential 300us
