# CLK-02: a virtual machine paused for a minute.
seed 68
run 6h
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 1ms jitter exponential 50us
source c good1..good3 poll 6
at 2h c suspends 60s
expect c from 2h1m logged clock_disrupted >= 1
expect c from 2h15m status synchronised
expect c from 2h15m |error| < 2ms
mutant at 2h c suspends 1us
