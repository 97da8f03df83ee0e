# CLK-02: in interleaved mode the first answer after a move is about an exchange before it. It says nothing on now.
seed 225
run 6h
node server good error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good delay 200us jitter exponential 10us
source c good poll 6 interleaved
at 2h c moves 5s
at 4h c suspends 20s
expect c from 2h10m until 4h |error| < 1ms
expect c from 4h10m |error| < 1ms
at 5h expect c logged clock_disrupted = 2
at 3h expect c good counts before_disruption = 1
at 5h expect c good counts before_disruption = 2
at 2h5s expect c not usable
mutant at 2h c moves 3h
