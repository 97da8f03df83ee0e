# Left to itself the client asks less often, and stays good.
seed 12
run 1d
node server good error 1us
node client c drift 20ppm wander 1e-10 offset 0.01s
link c good delay 100us jitter exponential 100us
source c good poll 6..10
expect c by 10000s rms error < 60us
expect c by 23h packets < 1000
mutant source c good poll 6
