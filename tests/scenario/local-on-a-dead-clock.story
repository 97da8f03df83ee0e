# The operator's statement is about a clock that was set: one that stands in 1970 is not served by it, after a reload neither.
seed 87
run 2h
node server good error 1ms
node client c drift 5ppm offset -20780d
link c good delay 5ms
set c local.error 40s
good falls silent
at 10m c reloads
at 1h good answers again
expect c until 1h not usable
expect c from 65m status synchronised
mutant good loses its clock
