# While a statement is served, what was measured ages by what the oscillator may do, not by what is stated.
seed 39
run 1h
node server early,late error 1us
node client c drift 400ppm wander 1e-9 offset 0.3s
link c early,late delay 1ms jitter exponential 20us
source c early poll 6 no burst
source c late poll 6 no burst
set c local.error 1s
late falls silent
at 90s late answers again
expect c from 10m status synchronised
expect c from 20m |error| < 1ms
mutant early lies 5ms
