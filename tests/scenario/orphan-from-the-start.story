# Three machines that nobody gives UTC, with clocks that were set by hand within a second: they agree on one of them, and none claims to know better.
seed 82
run 1d
node client a drift 20ppm wander 1e-9 offset 0.3s
node client b drift -30ppm wander 1e-9 offset -0.2s
node client c drift 5ppm wander 1e-9 offset 0.1s
link a b delay 1ms jitter exponential 50us
link b a delay 1ms jitter exponential 50us
link b c delay 1ms jitter exponential 50us
link c b delay 1ms jitter exponential 50us
link a c delay 1ms jitter exponential 50us
link c a delay 1ms jitter exponential 50us
set a local.orphan true
set b local.orphan true
set c local.orphan true
set a clock.max_drift_silent 30ppm
set b clock.max_drift_silent 30ppm
set c clock.max_drift_silent 30ppm
expect a status local
expect b from 2m stratum = 11
expect c from 2m stratum = 11
expect b from 2m status synchronised
expect c from 2m status synchronised
expect a bound >= 1s
expect b from 2m bound > 1s
expect c from 2m bound > 1s
expect b from 10m a |offset| < 1ms
mutant set b local.orphan false
