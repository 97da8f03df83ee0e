# CLK-01: an operator steps the system clock by an hour. What is served does not move; the system clock is brought back.
seed 66
run 12h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good delay 1ms jitter exponential 50us
source c good poll 6
at 6h c steps 1h
expect c from 15m |error| < 1ms
expect c from 6h1m logged clock_disrupted >= 1
expect c from 6h20s until 6h9m named clock-moved = 1
expect c from 6h10m status synchronised
mutant at 6h c steps 0
