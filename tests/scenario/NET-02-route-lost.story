# NET-02: the route is lost for an hour. Polling goes on without a storm of packets, and recovery is quick.
seed 81
run 6h
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 5ms jitter exponential 200us
source c good1..good3 poll 6
at 2h link c good1..good3 loss 100%
at 3h link c good1..good3 loss 0%
at 3h expect c packets < 700
expect c from 3h5m status synchronised
at 4h expect c packets < 900
expect c from 1h |error| < 2ms
mutant source c good1..good3 poll 4
