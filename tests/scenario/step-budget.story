# The steps of all runs add up: the first after the first synchronisation ever is within the budget, the next is not, is refused and told.
seed 68
run 18h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 10s steers
link c good delay 1ms jitter exponential 50us
source c good poll 6
set c clock.step_budget 90s
at 6h c steps -1m
at 9h c restarts
at 12h c steps -1m
expect c from 6h5m until 11h59m |system error| < 1ms
expect c from 6h5m logged clock_repaired = 1
expect c from 12h5m logged step_budget = 1
at 12h5m expect c |system error| > 59s
expect c from 15m |error| < 1ms
mutant set c clock.step_budget 36500d
mutant at 9h c starts afresh
