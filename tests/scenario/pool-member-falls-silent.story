# A pool member that no longer answers is replaced by another.
seed 39
run 12h
node server p1..p6 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c p1..p6 delay 5ms jitter exponential 200us
pool c pool.example of p1..p6 members 4 poll 6
at 2h p1 falls silent
expect c from 10m status synchronised
at 1h expect c p1 state selected
expect c p1 from 4h state unused
expect c from 4h sources selected = 4
expect c by 4h logged source_replaced >= 1
mutant at 2h p1..p6 falls silent
