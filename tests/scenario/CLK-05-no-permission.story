# CLK-05: the right to set the clock is lost: said once, the served time goes on.
seed 69
run 12h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good delay 1ms jitter exponential 50us
source c good poll 6
at 6h c refuses clock commands
expect c from 7h logged clock_cannot_set >= 1
expect c until 6h named cannot-steer = 0
expect c from 6h1m named cannot-steer = 1
expect c from 15m |error| < 1ms
expect c from 15m status synchronised
mutant at 6h c obeys clock commands
