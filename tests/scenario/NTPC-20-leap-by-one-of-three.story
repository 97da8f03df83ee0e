# NTPC-20: two of three sources are silent, and the third announces a leap second that does not come. Nobody can tell: from seconds before it until it is
# measured the bound is a second wider, which is more than is served.
seed 234
start 2026-12-31T20:00:00Z
run 6h
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d delay 2ms jitter exponential 200us
source c a poll 7
source c b,d poll 7
set c holdover.max_error 10s
at 1h b,d falls silent
at 2h30m a announces leap insert
at 3h55m b answers again
at 3h50m expect c leap insert
expect c from 1m until 3h59m |error| < 1ms
at 4h1s expect c bound > 0.9s
expect c from 4h45m |error| < 1ms
expect c from 4h45m bound < 100ms
mutant at 2h30m a announces leap none
