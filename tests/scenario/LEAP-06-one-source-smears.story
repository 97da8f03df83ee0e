# LEAP-06: one of four sources smears: recognised when it leaves the bound, refused, and used again afterwards.
seed 213
start 2026-12-31T06:00:00Z
run 32h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good4 smears linear
at 1m c reads leap file insert at 2027-01-01
expect c from 1h |error| < 1ms
expect c from 10m status synchronised
expect c good4 from 8h until 29h state refused
expect c good4 from 31h state selected
expect c good4 from 8h counts smeared > 0
expect c from 8h logged source_smears = 1
expect c from 8h until 29h named source-refused = 1
expect c good1 from 10m state selected
mutant good4 smears none
