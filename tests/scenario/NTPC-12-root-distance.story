# NTPC-12: a root distance beyond the limit, however wide the field.
seed 53
run 6h
node server good1..good3 error 1us
node server bad1,bad2 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad1,bad2 delay 5ms jitter exponential 200us
source c good1..good3,bad1,bad2 poll 6
bad1 announces root delay 32768s
bad2 announces root dispersion 65535s
expect c by 1h bad1 counts root_distance > 3
expect c by 1h bad2 counts root_distance > 3
expect c from 10m sources selected = 3
mutant bad1 announces root delay 1ms
