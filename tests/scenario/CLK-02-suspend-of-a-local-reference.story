# CLK-02: eight hours asleep, and no source to measure it anew: the operator's statement goes on, as roughly as the clock chip tells the sleep.
seed 68
run 1d
node client c drift 20ppm offset 0.3s
set c local.error 1s
set c local.stratum 10
at 6h c suspends 8h
expect c from 1s until 6h status local
expect c from 14h logged local_slept >= 1
expect c from 14h1m status local
expect c from 14h1m stratum = 10
expect c from 14h1m |error| < 5s
expect c from 14h1m bound > 32s
expect c from 14h1m bound < 36s
expect c from 14h1m named disrupted = 0
mutant at 6h c suspends 20h
