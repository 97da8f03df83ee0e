# c knew nothing before the smear, two of its sources smear as declared, one announces the leap second, and a liar smears by another law: where that is
# within what the ways to the two leave open, it makes a majority with them, at the edge that truth is farthest from.
seed 219
start 2026-12-31T17:00:00Z
run 8h
leap second delete at 2027-01-01
node server h1..h3 error 1us
node server l1 error 1us
at 0 l1 falls silent
at 10m l1 answers again
node client c drift 20ppm wander 1e-10
link c h1 delay 2ms jitter exponential 10us
link c to h2,h3 delay 40ms jitter exponential 10us
link h2,h3 to c delay 100us jitter exponential 10us
link c l1 delay 100us jitter exponential 1us
source c h1,l1 poll 6
l1 announces leap none
h2,h3 smears cosine
source c h2,h3 poll 6 smear cosine
l1 smears linear
expect c from 5h50m until 6h55m once status synchronised
mutant set c leap.unknown none
