# All the jitter on the way back.
seed 9
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms
link good to c jitter uniform 1ms
source c good poll 6
expect c by 10000s rms error < 60us
mutant source c good poll 10
