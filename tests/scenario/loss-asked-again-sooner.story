# Every second answer is lost at long poll intervals: a missing one is asked for again before the interval is over.
seed 8
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 100us loss 30%
source c good poll 6..10
expect c by 20000s rms error < 150us
expect c by 23h packets < 300
mutant link c good loss 70%
