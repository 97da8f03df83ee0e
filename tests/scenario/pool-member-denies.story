# NTPC-09 for a pool: a member that sends DENY is asked no more, another takes its place.
seed 41
run 6h
node server p1..p6 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c p1..p6 delay 5ms jitter exponential 200us
pool c pool.example of p1..p6 members 4 poll 6
at 2h p3 kisses DENY
expect c p3 from 3h state unused
expect c by 3h logged source_kiss >= 1
expect c from 3h sources selected = 4
mutant at 2h p3 kisses nothing
