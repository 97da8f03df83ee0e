# NTPC-18 with three servers that jump together: none is followed, and none is shown as followed.
seed 58
run 8h
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d delay 5ms jitter exponential 200us
source c a,b,d poll 6
at 6h a,b,d lies 4383d
expect c from 10m |error| < 100ms
expect c from 6h10m a state falseticker
expect c from 6h10m b state falseticker
expect c from 6h10m d state falseticker
expect c from 6h10m named clock-panic = 1
expect c steps < 2
mutant at 6h a,b,d lies 0
