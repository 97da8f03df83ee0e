# Nobody can say whether a leap second comes, and the smearing server is lost; its pool has no other. What was heard of it stays in doubt without it.
seed 31
start 2026-12-31T15:00:00Z
run 20h
leap second insert at 2027-01-01
node server p1 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c p1 delay 5ms jitter exponential 200us
pool c pool.example of p1 members 1 poll 6 smear linear
p1 smears linear
at 3h p1 falls silent
expect c from 10m until 3h bound < 0.6s
expect c from 4h named leap-unknown = 1
mutant set c leap.unknown none
