# A leap second that was announced by mistake is taken back by all sources while the daemon is away: what it remembers of it is not believed against them.
seed 93
start 2026-12-31T10:00:00Z
run 20h
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d delay 10ms jitter exponential 200us
source c a,b,d poll 6
a,b,d announces leap insert
at 2h a,b,d announces leap none
at 2h c restarts
expect c from 1m until 1h59m leap insert
expect c from 2h1m leap none
expect c from 2h1m |error| < 10ms
expect c until 2h logged leap_taken_back = 0
expect c from 2h1m logged leap_taken_back = 1
mutant at 2h a,b,d announces leap insert
