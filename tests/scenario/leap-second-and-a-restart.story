# A leap second that the sources alone announced is over when the daemon starts anew: nobody announces it any more, and no file knows it. TAI goes on by
# what was saved.
seed 91
start 2026-12-31T12:00:00Z
run 1d
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d delay 10ms jitter exponential 200us
source c a,b,d poll 6
leap second delete at 2027-01-01
at 15h c restarts
expect c from 1m until 14h |error| < 10ms
expect c from 15h1m |error| < 10ms
expect c bound holds
mutant at 15h c starts afresh
