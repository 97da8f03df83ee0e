# One request of the first ones takes seven seconds to the server, and a raw clock that loses 400 ppm reads that as 2.8 ms less: half of a round trip proves of the
# frequency only what is left beside that.
seed 1
run 1h
node server h error 1us
node client c drift -400ppm
link c h delay 100us
source c h poll 6..6 no burst
at 290s link c to h reorder 100% by 7s
at 350s link c to h reorder 0%
expect c from 4m |error| < 10us
mutant at 5m h lies 1ms
