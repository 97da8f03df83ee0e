# Every source is silent over the end of a month, and there is no file: nobody says whether a leap second comes. That has a name of its own.
seed 219
start 2026-12-31T18:00:00Z
run 7h
node server h1..h3 error 1us
node client c drift 5ppm wander 1e-10
link c h1..h3 delay 2ms jitter exponential 100us
source c h1..h3 poll 6
at 3h h1..h3 falls silent
at 6h30m h1..h3 answers again
expect c from 10m until 4h29m named leap-untold = 0
expect c from 4h32m until 6h10m named leap-untold = 1
at 6h expect c logged leap_untold = 1
expect c from 6h12m named leap-untold = 0
mutant set c leap.unknown none
