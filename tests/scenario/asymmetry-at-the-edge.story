# All of the delay lies on one side: the error is delay/2, the bound covers it exactly.
seed 21
run 12h
node server good error 0
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 0
link c to good delay 50ms
source c good poll 6
expect c by 1h |error| > 24ms
expect c by 1h |error| < 26ms
mutant link good to c delay 50ms
