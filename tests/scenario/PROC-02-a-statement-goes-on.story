# PROC-02: a statement is served from where the last run ended, half a second ahead of the system clock, when the process that serves it dies. The next one goes
# on with the line that readers have seen, and not with the system clock.
seed 221
run 6h
node server good error 1us
node client c drift 5ppm wander 1e-9 offset -0.5s
link c good delay 1ms jitter exponential 50us
source c good poll 6
set c local.error 2s
at 1h good falls silent
at 2h c restarts
at 3h c core dies 2s
at 2h30m expect c status local
at 4h expect c status local
expect c from 4h |error| < 0.2s
mutant set c local.error 0.1s
