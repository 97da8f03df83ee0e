# The first hour over a long path.
seed 3
run 2h
node server good error 1ms root delay 2ms
node client c drift -60ppm wander 1e-9 offset -3s
link c good delay 20ms jitter exponential 1ms
source c good poll 6..10
expect c by 10s |error| < 10ms
expect c by 300s |error| < 2ms
mutant set c clock.step_limit 0
