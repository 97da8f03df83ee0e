# A tenth of a microsecond of jitter at one-second polls; chrony's figure there is 36 ns.
seed 13
run 6h
node server good
node client c drift 20ppm wander 1e-9 offset 0.01s hardware stamps
link c good delay 1us jitter exponential 100ns
source c good poll 0
expect c by 2000s rms error < 30ns
mutant source c good poll 6
