# CLK-01: an operator sets the system clock back by an hour. What is served does not move; once measured again, the system clock is put forward by a step.
seed 67
run 12h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good delay 1ms jitter exponential 50us
source c good poll 6
at 6h c steps -1h
expect c from 15m |error| < 1ms
expect c from 15m until 5h59m |system error| < 1ms
expect c from 6h5m |system error| < 1ms
expect c from 6h5m logged clock_repaired = 1
expect c from 6h5m status synchronised
mutant set c clock.step_limit 1
