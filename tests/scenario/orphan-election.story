# Three machines that ask each other and one server. When it is lost, the smallest address is the reference and the others follow; when that one is cut off, the
# next takes over, and gives way again; the server's return ends it all.
seed 81
run 2d
node server good error 1us
node client a drift 20ppm wander 1e-9 offset 0.01s
node client b drift -30ppm wander 1e-9 offset -0.01s
node client c drift 5ppm wander 1e-9 offset 0.02s
link a good delay 5ms jitter exponential 50us
link b good delay 5ms jitter exponential 50us
link c good delay 5ms jitter exponential 50us
link a b delay 1ms jitter exponential 50us
link b a delay 1ms jitter exponential 50us
link b c delay 1ms jitter exponential 50us
link c b delay 1ms jitter exponential 50us
link a c delay 1ms jitter exponential 50us
link c a delay 1ms jitter exponential 50us
set a local.orphan true
set b local.orphan true
set c local.orphan true
set a holdover.max_error 100ms
set b holdover.max_error 100ms
set c holdover.max_error 100ms
expect a from 10m until 4h stratum = 2
expect b from 10m until 4h stratum = 2
expect c from 10m until 4h stratum = 2
at 4h good falls silent
expect a from 10h until 36h status local
expect b from 10h until 16h stratum = 11
expect c from 10h until 16h stratum = 11
expect b from 10h until 16h status synchronised
expect c from 10h until 16h status synchronised
at 16h link a b loss 100%
at 16h link b a loss 100%
at 16h link a c loss 100%
at 16h link c a loss 100%
expect b from 19h until 24h status local
expect c from 19h until 24h stratum = 11
at 24h link a b loss 0%
at 24h link b a loss 0%
at 24h link a c loss 0%
at 24h link c a loss 0%
expect b from 26h until 36h stratum = 11
expect c from 26h until 36h stratum = 11
at 36h good answers again
expect a from 38h stratum = 2
expect b from 38h stratum = 2
expect c from 38h stratum = 2
at 10h expect c b counts aside > 0
mutant set b local.orphan false
mutant set c local.orphan false
