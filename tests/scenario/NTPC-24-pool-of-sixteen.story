# NTPC-24: a pool name with sixteen addresses: no more than four are ever asked at once.
seed 80
run 6h
node server p1..p16 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c p1..p16 delay 5ms jitter exponential 200us
pool c pool.example of p1..p16 members 4 poll 6
expect c from 10m sources selected = 4
expect c p5 accepted = 0
expect c p16 accepted = 0
at 5h expect c packets < 1300
mutant p1 kisses DENY
