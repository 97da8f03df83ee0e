# Without a floor under the round trip, and with few samples: the shape of all round trips tells that none is to be trusted for being short.
seed 73
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 20ms jitter gaussian 1ms
source c good poll 6..10
expect c by 20000s rms error < 600us
mutant link c good jitter gaussian 3ms
