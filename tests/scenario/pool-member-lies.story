# A pool member that disagrees with the others for eight polls is replaced.
seed 40
run 12h
node server p1..p6 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c p1..p6 delay 5ms jitter exponential 200us
pool c pool.example of p1..p6 members 4 poll 6
at 2h p2 lies 1s
expect c p2 from 4h state unused
expect c from 1h |error| < 1ms
expect c by 4h logged source_replaced >= 1
mutant at 2h p2 lies 0
