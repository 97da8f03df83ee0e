# Members of a group follow one another, before the first has heard from the server that then puts it right: what was measured of it until then says nothing of
# the frequency.
seed 83
run 2h
node server good error 1ms
node client a drift 1ppm offset 0.054s
node client b drift 0.2ppm offset 0.032s
node client c drift -1ppm offset -0.003s
link a good delay 6ms jitter exponential 10us
link b a delay 3ms jitter exponential 50us
link c b delay 100us jitter exponential 100us
set b local.orphan true
set c local.orphan true
set a local.stratum 10
expect b from 1m |frequency error| < 10ppm
expect b from 10m |frequency error| < 1ppm
expect b logged clock_frequency_rail = 0
expect c from 1m stratum = 4
mutant good falls silent
