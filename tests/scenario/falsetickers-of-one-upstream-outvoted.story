# Two servers that follow one machine are one witness, and two others outvote it: as many servers on either side, but not as many witnesses.
seed 94
run 8h
node server good1,good2 error 1us
node server liar error 1us
node server echo1,echo2 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1,good2,echo1,echo2 delay 5ms jitter exponential 200us
source c good1,good2,echo1,echo2 poll 6
echo1,echo2 follows liar
at 3h echo1,echo2 lies 100ms
expect c from 1h |error| < 2ms
at 6h expect c status synchronised
expect c echo1 from 4h state falseticker
mutant at 3h good1 lies 100ms
