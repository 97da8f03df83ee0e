# The raw clock jumps by 10 ms. The phase is believed to have jumped within a few seconds of the next poll, and the frequency is left alone.
seed 71
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 100us jitter exponential 10us
source c good poll 6
excuse c bound
at 12h c raw jumps 10ms
expect c from 12h100s |error| < 50us
expect c from 12h100s |frequency error| < 1ppm
mutant set c clock.max_slew 50ppm
