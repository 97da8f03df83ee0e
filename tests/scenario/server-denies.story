# A configured server that sends DENY is not asked again and has no vote any more; the others carry on.
seed 42
run 6h
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
at 2h good1 kisses DENY
expect c from 10m status synchronised
expect c by 3h logged source_kiss = 1
expect c from 3h good1 counts kiss = 1
expect c from 2h10m good1 state refused
expect c from 2h10m sources selected = 2
expect c from 1h |error| < 1ms
mutant at 2h good1 kisses nothing
