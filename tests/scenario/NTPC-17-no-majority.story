# NTPC-17: two servers disagree by a second and there is no third: nobody is believed, nothing is stepped.
seed 29
run 12h
node server good error 1us
node server bad error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good,bad delay 2ms jitter exponential 100us
bad lies 1s
expect c not usable
expect c steps = 0
expect c by 10s logged no_majority >= 1
expect c from 10s named no-majority = 1
mutant bad lies 0
