# A run that ends while nothing can be said remembers the leap second that was announced while it could; nobody announces it any more when the next one hears
# its sources.
seed 229
start 2026-12-31T10:00:00Z
run 20h
leap second insert at 2027-01-01
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d delay 10ms jitter exponential 200us
source c a,b,d poll 6
at 13h29m a,b,d falls silent
at 13h30m c moves 10s
at 13h31m c restarts
at 15h a,b,d answers again
at 13h30m30s expect c status disrupted
expect c from 15h10m |smear error| < 15ms
expect c from 15h10m |error| < 15ms
mutant at 13h31m c starts afresh
