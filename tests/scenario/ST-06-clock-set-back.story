# ST-06: at a restart the machine's clock is 20 days behind (no battery, or set back): time goes on from the saved one, not from there, and the system clock is
# put right by one step with the first synchronisation.
seed 73
run 8h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good delay 1ms jitter exponential 50us
source c good poll 6
at 6h c steps -20d
at 6h c restarts
expect c from 6h1m logged clock_before_saved = 1
expect c from 6h1m until 6h9m named clock-behind = 1
expect c from 6h20m named clock-behind = 0
expect c from 6h1m |error| < 1ms
expect c from 6h1m |system error| < 2ms
expect c from 6h1m steps = 1
expect c from 6h1m status synchronised
mutant at 6h c steps 0
mutant set c clock.step_limit 0
