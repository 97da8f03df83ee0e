# NET-05: half of the packets lost, copies, packets overtaken by two seconds, a tenth of a second of jitter.
seed 17
run 1d
node server good1..good3 error 1us
node client c drift 20ppm wander 1e-9 offset 0.01s
link c good1..good3 delay 20ms jitter exponential 100ms loss 50% duplicate 10% reorder 10% by 2s
expect c by 1h usable
expect c by 6h |error| < 80ms
expect c by 6h good1 counts unsolicited >= 0
mutant at 1h link c good1..good3 loss 100%
