# g3 hears UTC from g2, follows g1 while that is slewing, and hears UTC from c a moment later: what it took for its frequency was the slew, and g2's last word is
# as old as the frequency is unknown.
seed 12012347
run 10m
node server h1 stratum 3 error 1093us root delay 3us
node server h2 stratum 3 error 10874us root delay 2us
node server h3 stratum 4 error 929us root delay 109us
node client c drift -0.352ppm wander 1.36e-10 within 0.25ppm offset -0.665242s steers
link c to h3 delay 952us jitter exponential 44.4us loss 31.9%
link h3 to c delay 1260us jitter exponential 1.3us loss 31.9%
source c h3 poll 6..8
node client g1 drift -1.707ppm wander 8.59e-09 within 0.25ppm offset 0.899881s steers
node client g2 drift 1.288ppm wander 3.24e-11 within 0.25ppm offset -0.004024s steers
node client g3 drift -1.744ppm wander 9.95e-09 within 0.25ppm offset -0.004395s
node client g4 drift -1.761ppm wander 4.29e-10 within 0.25ppm offset -0.003618s steers
set c local.stratum 6
link c to g1 delay 591us jitter exponential 162.1us
link g1 to c delay 1216us jitter exponential 162.1us
link g3 to c delay 706us jitter exponential 2.9us
set g1 local.orphan true
set g1 local.stratum 6
source g1 c poll 7..9
set g2 local.orphan true
link g2 to g4 delay 214us jitter exponential 0.7us
link g4 to g2 delay 97us jitter exponential 0.7us
source g2 g4 poll 7..8
set g3 local.orphan true
set g3 local.stratum 6
set g3 holdover.max_error 25ms
link c to g3 delay 28us jitter exponential 1.3us
source g3 c poll 6..6
link g3 to g1 delay 111us jitter exponential 1.2us
link g1 to g3 delay 12us jitter exponential 1.2us
source g3 g1 poll 5..6
link g3 to g2 delay 173us jitter exponential 5.2us
link g2 to g3 delay 402us jitter exponential 5.2us
source g3 g2 poll 6..6
link g4 to h1 delay 12366us jitter exponential 23.5us
link h1 to g4 delay 5862us jitter exponential 23.5us
source g4 h1 poll 7..7
expect g3 bound holds
expect g4 from 1m status synchronised
mutant h1,h3 falls silent
