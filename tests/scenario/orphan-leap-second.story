# A member of a group has a leap second from the one that has UTC; the others, which serve what they state themselves and announce nothing, have no say.
seed 84
start 2026-12-31T20:00:00Z
run 6h
leap second insert at 2027-01-01
node server good error 1ms
node client a drift 1ppm offset 0.01s
node client b drift 0.2ppm offset 0.02s
node client c drift -1ppm offset -0.03s
node client d drift -1ppm offset 0.01s
link a good delay 6ms jitter exponential 10us
link b a delay 3ms jitter exponential 50us
link b c delay 3ms jitter exponential 50us
link b d delay 3ms jitter exponential 50us
set b local.orphan true
set a local.stratum 10
set c local.error 10s
set d local.error 10s
expect a from 1h status synchronised
expect b from 1h stratum = 3
expect b from 1h until 3h leap insert
expect b from 1h |error| < 1ms
mutant good falls silent
