# CLK-06: an oscillator beyond clock.max_frequency: alarmed, and no false promise is made.
seed 70
run 6h
node server good error 1us
node client c drift 700ppm wander 1e-9 offset 0.01s
link c good delay 1ms jitter exponential 50us
source c good poll 6
excuse c bound
expect c from 1h logged clock_frequency_rail >= 1
expect c from 1h named frequency-rail = 1
mutant set c clock.max_frequency 1000ppm
