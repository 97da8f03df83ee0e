# NTPC-08: kisses of a stranger, who cannot know the origin timestamp, change nothing.
seed 44
run 12h
node server good1,good2 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1,good2 delay 5ms jitter exponential 200us
source c good1,good2 poll 6
at 2h good1 forges kiss-deny
at 2h good2 forges kiss-rate
expect c good1 from 2h10m counts bogus > 0
expect c good2 from 2h10m counts bogus > 0
expect c logged source_kiss = 0
expect c good1 from 10m state selected
expect c good1 from 10m reach = 255
expect c from 1s good2 poll = 6
mutant at 2h good1 kisses DENY
