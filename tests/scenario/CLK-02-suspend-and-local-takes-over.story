# CLK-02: a machine that has sources and the statement `local` sleeps. While a source answers it is put right by that; where none does `local` goes on after a
# minute, as roughly as the clock chip tells the sleep, and a source that comes back puts it right.
seed 71
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good delay 5ms jitter exponential 200us
set c local.error 1s
set c local.stratum 10
at 2h c suspends 1h
at 3h5s expect c status synchronised
at 4h expect c logged local_slept = 0
expect c from 3h5s until 6h |error| < 10ms
expect c from 3h20m until 6h |error| < 1ms
at 6h good falls silent
at 6h1s c suspends 2h
at 8h30s expect c not usable
at 9h c suspends 20s
expect c from 8h2m until 9h status local
expect c from 8h2m until 9h stratum = 10
expect c from 9h1m until 11h status local
expect c from 8h2m until 9h bound > 10s
expect c from 8h2m until 9h bound < 11s
expect c from 9h1m until 11h bound > 13s
expect c from 9h1m until 11h bound < 15s
expect c from 8h2m until 11h |error| < 6s
at 8h2m expect c logged local_slept = 1
at 11h good answers again
expect c from 11h20m status synchronised
expect c from 15h |error| < 1ms
expect c from 15h logged local_slept = 2
mutant at 6h1s c moves 2h
mutant at 9h c suspends 3h
