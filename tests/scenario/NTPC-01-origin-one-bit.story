# NTPC-01: the origin differs by one bit: dropped and counted, and the true answer behind it is taken.
seed 45
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 200us
source c good poll 6
at 2h good forges origin
expect c good from 3h counts bogus > 10
expect c good from 10m reach = 255
expect c from 1s good poll = 6
expect c from 10m status synchronised
mutant at 2h good tampers origin
