# A tenth of a second off, and the operator wants no step below a second: it is slewed at clock.max_slew, and never backwards.
seed 1
run 2h
node server good error 1us
node client c drift 100ppm wander 1e-9 offset 0.1s
link c good delay 100us jitter exponential 10us
source c good poll 6
set c clock.step_threshold 1s
expect c by 1s usable
expect c steps = 0
expect c by 300s |error| < 1ms
expect c by 600s |error| < 100us
mutant set c clock.max_slew 100ppm
