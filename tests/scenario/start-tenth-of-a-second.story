# A tenth of a second off: an initial step, then as good as any other start.
seed 1
run 2h
node server good error 1us
node client c drift 100ppm wander 1e-9 offset 0.1s
link c good delay 100us jitter exponential 10us
source c good poll 6
expect c by 1s usable
expect c steps < 2
expect c by 3s |error| < 1ms
expect c by 60s |error| < 100us
mutant set c clock.step_limit 0
