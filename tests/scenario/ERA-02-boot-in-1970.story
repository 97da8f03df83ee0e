# ERA-02: no battery: the machine boots in 1970, the network says 2026. One step.
seed 63
run 6h
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset -20780d
link c good1..good3 delay 5ms jitter exponential 200us
expect c by 30s steps = 1
expect c by 10m |error| < 1ms
mutant set c clock.step_limit 0
