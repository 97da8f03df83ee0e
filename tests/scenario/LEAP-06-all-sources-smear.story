# LEAP-06: all sources smear and nobody said so: when they leave the bound they are refused, and smeared time is not taken for UTC.
seed 214
start 2026-12-31T06:00:00Z
run 32h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good1..good4 smears linear
at 1m c reads leap file insert at 2027-01-01
expect c good1 from 8h until 17h state refused
expect c from 10m |error| < 25ms
expect c from 8h logged source_smears = 4
mutant good1..good4 smears none
