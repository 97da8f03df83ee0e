# One part per million of temperature, up and down every two hours.
seed 15
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s temperature 0.4ppm period 2h
link c good delay 100us jitter exponential 10us
source c good poll 6
expect c by 10000s rms error < 12us
mutant source c good poll 10
