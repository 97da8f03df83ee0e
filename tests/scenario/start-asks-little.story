# Three seconds and 50 ppm off: what is asked while the frequency is a guess comes as it gets better, not all in the first seconds, and the first hours of polls
# are not many either.
seed 1
run 10000s
node server good error 1us
node client c drift 50ppm wander 1e-9 offset 3s
link c good delay 100us jitter exponential 10us
source c good poll 6..10
expect c by 3s |error| < 1ms
expect c by 60s |error| < 100us
expect c by 5000s rms error < 20us
at 60s expect c packets < 9
at 9990s expect c packets < 56
mutant source c good poll 6..7
