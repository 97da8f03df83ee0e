# A tenth of a second off: below the step threshold, so it is slewed at clock.max_slew, and never backwards.
seed 1
run 2h
node server good error 1us
node client c drift 100ppm wander 1e-9 offset 0.1s
link c good delay 100us jitter exponential 10us
source c good poll 6
expect c by 1s usable
expect c steps = 0
expect c by 300s |error| < 1ms
expect c by 600s |error| < 100us
mutant set c clock.max_slew 100ppm
