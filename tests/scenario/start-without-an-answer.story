# NTP-28: nobody has answered yet, so nothing usable is said; the first answer changes that.
seed 5
run 3h
node server good error 1us
node client c drift 40ppm wander 1e-9 offset 0.02s
link c good delay 1ms jitter exponential 50us
good falls silent
at 1h good answers again
expect c until 3599s not usable
expect c until 3599s leap unknown
expect c until 3599s stratum = 0
expect c by 80m usable
expect c by 80m stratum = 2
mutant at 60 good answers again
