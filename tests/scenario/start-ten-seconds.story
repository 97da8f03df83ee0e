# Ten seconds off: one step, allowed by the policy, before anything was served.
seed 1
run 2h
node server good error 1us
node client c drift 100ppm wander 1e-9 offset 10s
link c good delay 100us jitter exponential 10us
source c good poll 6
expect c by 3s |error| < 1ms
expect c by 120s |error| < 100us
expect c by 3s steps = 1
mutant set c clock.step_limit 0
