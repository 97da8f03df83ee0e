# A daemon that smears the system clock starts anew within the smear: what the system clock shows is no UTC then, and it is not moved off the smear.
seed 92
start 2026-12-31T10:00:00Z
run 30h
node server a,b,d error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s steers
link c a,b,d delay 10ms jitter exponential 200us
source c a,b,d poll 6
set c leap.mode smear
leap second insert at 2027-01-01
at 5h c restarts
at 20h c restarts
expect c from 1m |error| < 10ms
expect c from 1m |system smear error| < 10ms
expect c from 1m steps < 2
mutant set c leap.mode step
mutant at 5h c starts afresh
