# A preferred source is followed alone while it is among the agreeing ones.
seed 74
run 6h
node server near,far error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c near delay 200us jitter exponential 10us
link c far delay 20ms jitter exponential 2ms
source c near poll 6 prefer
source c far poll 6
expect c near from 10m state selected
expect c far from 10m state outlier
expect c from 1h |error| < 100us
mutant source c far prefer
