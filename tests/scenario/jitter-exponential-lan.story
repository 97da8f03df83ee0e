# Ten microseconds of exponential jitter each way, 64 s polls; the theoretical optimum is 2.6 us.
seed 6
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 10us
source c good poll 6
expect c by 10000s rms error < 4us
expect c by 10000s |error| < 40us
expect c by 10000s packets < 1500
mutant source c good poll 10
