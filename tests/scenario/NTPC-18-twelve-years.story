# NTPC-18: the only server jumps by twelve years (as one did in 2012). Never followed; the clock holds over and says so.
seed 57
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 200us
source c good poll 6
at 6h good lies -4383d
expect c from 10m |error| < 100ms
expect c from 7h logged clock_panic >= 1
expect c until 6h named clock-panic = 0
expect c from 7h named clock-panic = 1
expect c from 6h5m good state falseticker
expect c steps < 2
mutant at 6h good lies 0
