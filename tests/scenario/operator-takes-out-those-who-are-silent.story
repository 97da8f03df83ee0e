# Three of four sources fall silent and an operator takes them out. After a sleep the fourth is believed at once: nobody waits for whom he took out.
seed 77
run 6h
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 2ms jitter exponential 100us
source c good1..good4 poll 6
at 1h good1..good3 falls silent
at 1h1m c takes good1..good3 offline
at 2h c suspends 10m
at 4h good1..good3 answers again
at 4h c takes good1..good3 online
expect c from 10m until 2h status synchronised
expect c from 131m30s status synchronised
expect c good1 from 4h5m state selected
expect c from 10m until 2h |error| < 1ms
expect c from 140m |error| < 1ms
at 3h expect c sources selected = 1
mutant at 1h1m c takes good1..good3 online
