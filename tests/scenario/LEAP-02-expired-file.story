# LEAP-02: the file has expired: alarmed, and the majority of the sources is heeded.
seed 212
start 2026-12-31T12:00:00Z
run 1d
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
at 1m c reads expired leap file none at 2027-01-01
at 11h expect c leap insert
expect c from 1h |error| < 1ms
expect c from 1h logged leap_expired = 1
expect c from 2m named leap-expired = 1
expect c from 10m status synchronised
mutant at 1m c reads leap file none at 2027-01-01
