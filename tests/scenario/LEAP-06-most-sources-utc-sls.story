# LEAP-06: three of four sources slew the leap second away as UTC-SLS does, far faster than any oscillator drifts. What they cut off the bound before they
# are found out is given back, and once all tell UTC again what they seemed to prove of the frequency is forgotten.
seed 218
start 2026-12-31T06:00:00Z
run 32h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 50ms jitter exponential 200us
source c good1..good4 poll 6
good2..good4 smears utc-sls
at 1m c reads leap file insert at 2027-01-01
expect c from 18h |error| < 60ms
expect c from 31h |frequency error| < 1ppm
expect c from 31h |error| < 1ms
expect c good3 from 18h until 29h state refused
expect c logged leap_conflict = 0
mutant at 1m c reads leap file none at 2027-01-01
