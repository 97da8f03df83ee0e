# A clock is set hours into a smear. Nobody but the sources says that there is a leap second: what the one that smears as declared said before that is no UTC.
seed 86
start 2026-12-31T20:00:00Z
run 3h
leap second insert at 2027-01-01
node server plain error 1ms
node server smeared error 1us
node client c drift 5ppm offset 2s
link c plain delay 400ms
link c smeared delay 300us
smeared smears linear
source c plain poll 6
source c smeared poll 6 smear linear
expect c bound holds
expect c from 10s status synchronised
expect c from 10s |error| < 20ms
mutant smeared smears none
