# CLK-02: eight hours asleep. Nothing stale is served on waking; the time is measured anew.
seed 67
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good delay 1ms jitter exponential 50us
source c good poll 6
at 6h c suspends 8h
expect c from 1h until 6h |error| < 1ms
expect c from 14h logged clock_disrupted >= 1
at 14h expect c not usable
at 14h expect c named disrupted = 1
expect c from 14h until 14h9m named clock-moved = 1
expect c from 14h10m status synchronised
expect c from 14h10m |error| < 1ms
mutant at 6h c suspends 20h
