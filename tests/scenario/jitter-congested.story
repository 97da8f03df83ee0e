# For half of every eight hours a queue fills on the way to the server.
seed 11
run 2d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 20ms jitter exponential 1ms
link c to good congested 20ms period 8h
source c good poll 6
expect c by 20000s rms error < 300us
expect c by 20000s |error| < 6ms
mutant at 12h link c to good congested 2s
