# NTPC-10: an unknown kiss code, or a kiss code with a stratum: no sample, no change.
seed 51
run 6h
node server good1..good3 error 1us
node server bad1,bad2 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3,bad1,bad2 delay 5ms jitter exponential 200us
source c good1..good3,bad1,bad2 poll 6
bad1 tampers kiss-unknown
bad2 tampers kiss-stratum
expect c bad1 accepted = 0
expect c bad2 accepted = 0
expect c by 1h bad1 counts kiss_unknown > 3
expect c by 1h bad2 counts server_unsynchronised > 3
expect c logged source_kiss = 0
expect c from 10m status synchronised
mutant bad1 tampers nothing
