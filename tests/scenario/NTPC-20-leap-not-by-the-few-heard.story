# NTPC-20: one of three sources announces a leap second that does not come. While the other two are not heard for a quarter of an hour it is the only one in
# use, and yet no majority: what is armed would stay until midnight.
seed 222
start 2026-12-31T20:00:00Z
run 6h
leap second none at 2027-01-01
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c a,b,d delay 5ms jitter exponential 200us
source c a,b,d poll 6
d announces leap delete
at 1h a,b falls silent
at 1h15m a,b answers again
at 1h14m expect c sources selected = 1
expect c logged leap_armed = 0
expect c |error| < 20ms
mutant a announces leap delete
