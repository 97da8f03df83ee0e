# CLK-02: a nap of seconds, just after the honest servers were asked. They are asked again at their shortest interval, and waited for; the one that lies is
# asked every 16 s.
seed 7
run 3h
node server h1..h3 error 10us
node server l error 1us
node client c drift -10ppm offset 0.01s
link c h1..h3 delay 200us jitter exponential 20us
link c l delay 16us
source c h1..h3 poll 8
source c l poll 4
l lies 862us
at 3590s c suspends 3s
at 3640s c suspends 4s
expect c from 3900s |error| < 300us
mutant h1,h2 lies 10ms
