# Sources declared to smear are taken back to UTC, each by its law.
seed 215
start 2026-12-31T06:00:00Z
run 32h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good1,good2 smears linear
good3 smears cosine
good4 smears utc-sls
source c good1,good2 poll 6 smear linear
source c good3 smear cosine
source c good4 smear utc-sls
at 1m c reads leap file insert at 2027-01-01
expect c from 1h |error| < 1ms
expect c from 10m status synchronised
expect c good1 from 1h state selected
expect c good3 from 1h state selected
expect c good4 from 1h state selected
expect c logged source_smears = 0
mutant source c good3,good4 smear linear
