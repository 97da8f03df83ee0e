# In interleaved mode an answer is about the poll before. The first ones after a silence, in which the frequency has gone astray, are of a time when it was still
# unknown by as much.
seed 231
run 8h
node server a,b,d error 1us
node client c drift 20ppm wander 1e-10 offset 0.01s
link c a,b,d delay 200us jitter exponential 5us
source c a,b,d poll 7..7 interleaved
at 2h a,b,d falls silent
at 3h c changes frequency 14.4ppm
at 5h a answers again
at 7h b,d answers again
at 4h30m expect c status holdover
expect c from 7h30m |error| < 1ms
mutant at 2h30m a,b,d answers again
