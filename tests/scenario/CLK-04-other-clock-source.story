# CLK-04: the kernel takes another clock source, 100 ppm off: beyond clock.max_drift, so the bound may break for a moment; it is noticed, told and learnt.
seed 79
run 12h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 1ms jitter exponential 50us
source c good poll 6
excuse c bound
at 6h c changes frequency 100ppm
expect c from 15m until 6h |error| < 1ms
expect c from 6h5m logged clock_disrupted >= 1
expect c from 15m until 6h named bound-broken = 0
expect c from 6h5m until 6h10m named bound-broken = 1
expect c from 7h |error| < 1ms
expect c from 7h |frequency error| < 1ppm
mutant at 11h c changes frequency 100ppm
