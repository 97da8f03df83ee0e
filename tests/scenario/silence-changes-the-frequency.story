# After a silence of eight polls the oscillator is another one, by just under clock.max_drift_silent, and stays so. What was proven of its frequency before is
# not believed any longer: the bound holds while it is learnt anew, though all of the delay is on one side.
seed 37
run 1d
node server good error 0
node client c drift 20ppm wander 1e-10 offset 0.01s
link c to good delay 20ms
link good to c delay 0
source c good poll 6
at 6h good falls silent
at 6h15m c changes frequency 14.9ppm
at 9h good answers again
expect c by 12h |error| < 10.1ms
mutant at 14h c changes frequency 14.9ppm
