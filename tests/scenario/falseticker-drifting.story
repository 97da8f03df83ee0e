# One of three drifts away by one part per million; it is believed only as long as its interval holds.
seed 26
run 1d
node server good1..good3 error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad delay 1ms jitter exponential 50us
source c good1..good3,bad poll 6
at 3h bad drifts 1ppm
expect c from 1h |error| < 500us
expect c bad from 6h state falseticker
mutant at 3h good1..good3 drifts 1ppm
