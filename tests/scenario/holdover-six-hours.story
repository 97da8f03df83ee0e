# Six hours without sources: the error is what the oscillator's wander makes it, not more.
seed 32
run 18h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 10us
source c good poll 6
at 12h good falls silent
expect c from 12h |error| < 6ms
expect c from 13h status holdover
expect c from 13h usable
mutant at 12h c changes frequency 1ppm
