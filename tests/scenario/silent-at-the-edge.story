# NTP-29: every source silent, and the oscillator goes astray by just under clock.max_drift_silent. The bound still holds.
seed 34
run 18h
node server good error 1us
node client c drift 20ppm wander 1e-10 offset 0.01s
link c good delay 1ms jitter exponential 50us
source c good poll 6
set c holdover.max_error 10s
at 6h good falls silent
at 6h15m c changes frequency 14.9ppm
expect c from 8h status holdover
at 18h expect c |error| > 500ms
mutant at 6h15m c changes frequency 5ppm
