# NTPC-26: the network refuses every packet for an hour: counted, polling goes on.
seed 60
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 200us
source c good poll 6
at 2h c network refuses
at 3h c network works
at 2h50m expect c good reach = 0
expect c from 3h10m status synchronised
expect c good from 4h reach = 255
expect c from 1h |error| < 2ms
mutant at 2h1m c network works
mutant at 3h30m c network refuses
