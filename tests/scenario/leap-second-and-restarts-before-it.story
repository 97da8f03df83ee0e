# A leap second that the sources alone announced, two restarts before it, the last a second before midnight, and nobody answers until it is over: what the drift
# file knows of it counts. UTC, TAI and the smearing listener go on as if nothing had been.
seed 224
start 2026-12-31T10:00:00Z
run 20h
leap second insert at 2027-01-01
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d delay 10ms jitter exponential 200us
source c a,b,d poll 6
at 6h c restarts
at 13h59m a,b,d falls silent
at 13h59m58s c restarts
at 14h1m a,b,d answers again
expect c from 10m |smear error| < 15ms
expect c from 15h |error| < 10ms
mutant at 13h59m58s c starts afresh
