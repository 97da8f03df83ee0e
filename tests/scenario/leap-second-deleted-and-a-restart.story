# A restart just before a second is left out, by a machine whose clock does not know of it and tells it: by the statement `local` the next one is told.
seed 87
start 2026-12-31T06:00:00Z
run 19h
leap second delete at 2027-01-01
node server good error 20ms
node client c drift 1ppm offset -14.7ms
link c good delay 5ms jitter exponential 200us
source c good poll 6
c reads leap file delete at 2027-01-01
set c local.error 300s
set c holdover.max_error 10ms
good lies -14.7ms
at 1h good falls silent
at 64799 c restarts
at 18h1s expect c status local
at 18h1s expect c |error| < 100ms
mutant at 64799 c starts afresh
