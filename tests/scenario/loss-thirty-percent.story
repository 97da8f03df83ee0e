# Three packets in ten are lost each way: missing data, not bad data.
seed 16
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 100us loss 30%
source c good poll 6
expect c by 10000s rms error < 30us
expect c by 10000s usable
mutant link c good loss 95%
