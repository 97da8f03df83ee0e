# NTPC-03: each answer comes twice; each counts once.
seed 47
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 5ms jitter exponential 200us
source c good poll 6
good tampers twice
expect c by 5h good accepted <= 345
expect c good from 10m reach = 255
expect c from 1h |error| < 1ms
mutant source c good poll 4
