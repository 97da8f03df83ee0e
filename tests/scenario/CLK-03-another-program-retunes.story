# CLK-03: another program sets the system clock's frequency by +500 ppm. Served time does not care; the system clock is corrected, and it is told.
seed 78
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c good delay 1ms jitter exponential 50us
source c good poll 6
at 3h c is retuned 500ppm
expect c from 15m |error| < 1ms
expect c from 15m until 3h |system error| < 1ms
expect c from 3h10m |system error| < 1ms
expect c from 15m until 3h logged clock_retuned = 0
expect c from 3h10m logged clock_retuned = 1
expect c from 15m until 3h named clock-moved = 0
expect c from 3h20s until 3h9m named clock-moved = 1
mutant at 3h c refuses clock commands
