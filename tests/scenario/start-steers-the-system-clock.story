# The system clock follows what is served.
seed 4
run 4h
node server good error 1us
node client c drift 80ppm wander 1e-9 offset 10s steers
link c good delay 100us jitter exponential 10us
source c good poll 6
expect c by 10s |system error| < 1ms
expect c by 900s |system error| < 50us
expect c by 10s steps = 1
mutant c refuses clock commands
