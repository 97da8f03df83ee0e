# CLK-02: after an hour asleep the first answers say what time it is, and what is served follows within seconds, as at a start.
seed 5
run 4h
probe 1s
node server good1..good3 error 1ms
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 10ms jitter exponential 2ms
source c good1..good3 poll 6..10
at 2h c suspends 1h
expect c from 3h4s |error| < 1ms
expect c from 3h1m |error| < 500us
mutant link c good1..good3 delay 10ms jitter exponential 20ms
