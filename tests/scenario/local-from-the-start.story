# An operator's statement: served at once, as stated, until a better source is there.
seed 37
run 6h
node server good error 1us
node client c drift 10ppm wander 1e-9 offset 0.3s
link c good delay 1ms jitter exponential 50us
set c local.error 1s
set c local.stratum 10
good falls silent
at 2h good answers again
expect c from 1s until 119m status local
expect c from 1s until 119m stratum = 10
expect c from 1s until 119m bound < 1.2s
expect c from 3h status synchronised
expect c from 4h |error| < 1ms
mutant set c local.stratum 9
