# All of the delay lies on the way out, then all of it on the way back, and the round trip stays what it was. Nobody can see which it is; the bound holds
# on both sides of the change, and the change is not taken for frequency.
seed 36
run 1d
node server good error 0
node client c drift 20ppm wander 1e-9 offset 0.01s
link c to good delay 20ms
link good to c delay 0
source c good poll 6
at 8h link c to good delay 0
at 8h link good to c delay 20ms
expect c by 7h until 8h |error| > 9.9ms
expect c from 12h |error| > 9.9ms
expect c from 2h bound < 25ms
mutant at 8h link good to c delay 50ms
