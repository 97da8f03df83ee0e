# NTPC-02: an origin of zero is nobody's answer.
seed 46
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 200us
source c good poll 6
at 2h good forges origin-zero
expect c good from 3h counts bogus > 10
expect c good from 10m reach = 255
mutant at 2h good tampers origin-zero
