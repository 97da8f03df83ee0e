# c cannot say whether a leap second comes: its sources smear as declared, and the law of most has not begun. Who follows c, and has measured c before that begins, must not
# take its silence for a word: g falls out a quarter of an hour before midnight and goes on after it, p asks seldom.
seed 1
start 2026-12-31T18:00:00Z
run 7h
leap second delete at 2027-01-01
node server h1..h3 error 1us
node client c drift 5ppm wander 1e-10
node client g drift -3ppm wander 1e-10
node client p drift 2ppm wander 1e-10
link c h1..h3 delay 2ms jitter exponential 100us
link g c delay 1ms jitter exponential 50us
link p c delay 1ms jitter exponential 50us
h1..h3 smears utc-sls
source c h1..h3 poll 6 smear utc-sls
source g c poll 6
source p c poll 10
at 5h40m g core dies 40m
expect g from 1h until 5h39m bound < 100ms
expect p from 1h until 5h39m bound < 100ms
expect c from 6h10m bound < 100ms
expect g from 6h25m |error| < 1s
mutant set c leap.unknown none
