# At the start one honest server is not heard: of the two others one lies, and where they meet the truth is not. It stays within the bound, since the third may
# still say so.
seed 3
run 2h
probe 1s
node server a,b error 10us
node server l error 1us
node client c drift 10ppm offset 0.01s
link c to a delay 1us
link a to c delay 2ms
link c b delay 200us loss 100%
link c l delay 20us
source c a,b,l poll 6
l lies -1ms
at 60s link c b loss 0%
at 10s expect c status synchronised
at 10s expect c bound < 3ms
expect c from 10s usable
mutant at 2s l lies -10ms
