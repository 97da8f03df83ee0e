# A server whose answers leave 50 us later than their transmit timestamps say: half of it is error in basic mode. In interleaved mode (RFC 9769)
# the next answer tells when the one before really left, and the error is gone.
seed 21
run 4h
node server good
node client told drift 20ppm wander 1e-9 offset 0.01s
node client basic drift -5ppm wander 1e-9 offset 0.01s
link told,basic good delay 200us jitter exponential 10us
source told good poll 4 interleaved
source basic good poll 4
good leaves late 50us
expect told from 1h |error| < 10us
expect told by 1h rms error < 3us
expect basic from 1h |error| > 15us
mutant source told good not interleaved
mutant good leaves late 0us
