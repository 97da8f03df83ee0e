# A leap second comes that too few announce: of five sources one says the contrary, and two smear as declared. c was started within the smear, and hears them
# for the last time two seconds before midnight: until one is measured after it the bound has to hold either.
seed 702
start 2026-12-31T19:00:00Z
run 6h
leap second insert at 2027-01-01
node server h1..h3 error 10us
node server s1..s2 error 10us
node client c drift 2ppm wander 1e-10
link c h1..h3 delay 1ms jitter exponential 100us
link c s1..s2 delay 1ms jitter exponential 100us
source c h1..h3 poll 4
h1 announces leap delete
s1 smears cosine
s2 smears utc-sls
source c s1 poll 4 smear cosine
source c s2 poll 4 smear utc-sls
at 17999 h1..h3 falls silent
at 17999 s1..s2 falls silent
at 18300 h1..h3 answers again
at 18300 s1..s2 answers again
expect c from 18010 until 18290 bound > 1s
expect c from 5h50m |error| < 2ms
set c holdover.max_error 5s
mutant set c leap.unknown none
