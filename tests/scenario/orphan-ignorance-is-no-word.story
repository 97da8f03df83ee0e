# c learns of a leap second from a file. g1 hears c and g2, which hears g1 and g3: what g1 and g2 say of none is only that they have not heard of it, and each would stand
# against the one that has.
seed 218
start 2026-12-31T18:00:00Z
run 7h
leap second delete at 2027-01-01
node server h1,h2 error 1us
node client c drift 1ppm wander 1e-10
node client g1 drift -1ppm wander 1e-10
node client g2 drift 2ppm wander 1e-10
node client g3 drift 1ppm wander 1e-10
link c h1,h2 delay 2ms jitter exponential 100us
h1,h2 announces leap none
at 21 c reads leap file delete at 2027-01-01
set c,g1,g2,g3 local.stratum 10
set c,g1,g2,g3 local.error 30s
set c,g1,g2,g3 local.orphan true
link g1 c delay 5ms jitter exponential 9us
source g1 c poll 4..6
link g1 to g2 delay 41us jitter exponential 2us
link g2 to g1 delay 1us jitter exponential 2us
source g1 g2 poll 7..9
source g2 g1 poll 6
link g2 g3 delay 500us jitter exponential 10us
source g2 g3 poll 5..6
link g3 c delay 100us jitter exponential 1us
source g3 c poll 4..6
source g3 g2 poll 6..8
at 5h expect c leap delete
mutant set g1,g2 leap.unknown none
