# A millisecond of jitter over 20 ms; the theoretical optimum is 40 us.
seed 10
run 2d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 20ms jitter exponential 1ms
source c good poll 6
expect c by 20000s rms error < 80us
mutant source c good poll 10
