# Gaussian jitter: the round trip tells little about the offset.
seed 7
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 1ms jitter gaussian 10us
source c good poll 6
expect c by 10000s rms error < 8us
mutant source c good poll 10
