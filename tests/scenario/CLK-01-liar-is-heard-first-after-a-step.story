# CLK-01: another program steps the system clock. Of four servers the one that lies, by less than the others can see, is asked every 16 s and the honest ones
# every four minutes or more: the majority is waited for.
seed 7
run 6h
node server h1..h3 error 10us
node server l error 1us
node client c drift -10ppm offset 0.01s steers
link c h1..h3 delay 200us jitter exponential 20us
link c l delay 16us
source c h1 poll 9..10
source c h2,h3 poll 8
source c l poll 4
l lies 862us
at 4000s c steps -7s
at 12000s c steps 570ms
expect c from 10m |error| < 300us
at 4200s expect c status synchronised
mutant h1,h2 lies 10ms
