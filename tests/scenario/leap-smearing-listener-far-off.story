# A clock that may not be stepped is minutes off while it is slewed, says so, and smears what it serves: late as it is it smears late.
seed 85
start 2026-12-31T20:00:00Z
run 3h
leap second delete at 2027-01-01
node server good error 1us
node client c drift 5ppm offset -150s
link c good delay 10us
source c good poll 4
set c clock.step_limit 0
expect c from 1m status synchronised
expect c from 1m |error| > 100s
expect c from 1m |smear error| > 100s
expect c bound holds
mutant good falls silent
