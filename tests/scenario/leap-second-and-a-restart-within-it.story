# A restart while an inserted second is told, by a machine whose clock is behind: what the statement `local` tells goes on from midnight, half a second early,
# and tells no second a third time.
seed 87
start 2026-12-31T06:00:00Z
run 19h
leap second insert at 2027-01-01
node server good error 1us
node client c drift -30ppm offset -0.5s
link c good delay 5ms jitter exponential 200us
source c good poll 6
c reads leap file insert at 2027-01-01
set c local.error 30s
set c holdover.max_error 10ms
at 1h good falls silent
at 64800.5 c restarts
at 18h1s expect c status local
at 18h2s expect c |error| < 600ms
mutant at 64800.5 c starts afresh
