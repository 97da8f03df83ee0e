# Three servers that follow one machine are one witness: when it lies they do not outvote two others, and nobody is followed.
seed 93
run 8h
node server good1,good2 error 1us
node server liar error 1us
node server echo1..echo3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1,good2,echo1..echo3 delay 5ms jitter exponential 200us
source c good1,good2,echo1..echo3 poll 6
echo1..echo3 follows liar
at 3h echo1..echo3 lies 100ms
expect c from 1h |error| < 2ms
at 2h expect c status synchronised
at 4h expect c stratum = 0
mutant echo1 follows good1
