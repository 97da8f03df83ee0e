# Sources are lost for good: after holdover the operator's statement takes over.
seed 38
run 2d
node server good error 1us
node client c drift 10ppm wander 1e-9 offset 0.3s
link c good delay 1ms jitter exponential 50us
source c good poll 6
set c local.error 1s
set c holdover.max_error 100ms
at 6h good falls silent
expect c from 10m until 6h status synchronised
at 7h expect c status holdover
at 47h expect c status local
at 47h expect c usable
mutant set c holdover.max_error 1d
