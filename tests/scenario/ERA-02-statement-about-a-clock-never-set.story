# A statement about this machine's clock is not believed while that clock says 1970; a source ends it.
seed 71
run 3h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset -20780d
link c good delay 1ms jitter exponential 50us
set c local.error 1s
good falls silent
at 1h good answers again
expect c until 59m not usable
expect c from 2h status synchronised
expect c from 2h |error| < 1ms
mutant at 30m good answers again
