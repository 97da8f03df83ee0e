# All sources smear, as they are declared to, and no list is there: nobody announces the leap second. It is found by what they do, and the bound holds both.
seed 216
start 2026-12-31T06:00:00Z
run 32h
leap second insert at 2027-01-01
node server good1..good4 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good4 delay 5ms jitter exponential 200us
source c good1..good4 poll 6
good1..good4 smears linear
source c good1..good4 poll 6 smear linear
expect c from 1h |error| < 15ms
expect c from 7h |error| < 1ms
expect c from 1h until 6h bound < 15ms
expect c from 7h until 17h59m bound < 70ms
expect c from 18h1m bound < 70ms
expect c from 1h until 6h named leap-unknown = 1
expect c from 7h named leap-unknown = 0
expect c from 7h logged leap_armed = 1
mutant set c leap.unknown none
