# One part per million at once; at 64 s polls it costs little.
seed 36
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 10us
source c good poll 6
at 12h c changes frequency 0.9ppm
expect c from 11h |error| < 200us
expect c from 12h10m |error| < 50us
mutant at 12h c changes frequency 90ppm
