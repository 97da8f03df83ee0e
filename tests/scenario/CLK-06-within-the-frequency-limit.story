# CLK-06: an oscillator within clock.max_frequency is no alarm, however wrong the first seconds' guess of its frequency is.
seed 74
run 2h
node server good error 1us
node client c drift 490ppm wander 1e-9 offset 0.1s
link c good delay 1ms jitter exponential 300us
source c good poll 6..10
expect c logged clock_frequency_rail = 0
expect c from 1h |error| < 1ms
mutant set c clock.max_frequency 400ppm
