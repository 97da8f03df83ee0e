# A member of a group without UTC follows the reference, 50 ms ahead of its own system clock, which it does not steer. Started anew, alone, it goes on with what it
# told last, and with the leap second that it has from the group; its bound still holds all that the statement about its system clock allows.
seed 86
start 2026-12-31T12:30:00Z
run 6h
leap second insert at 2027-01-01
node client a drift 1ppm offset 0.05s
node client b drift 0.2ppm offset -0.004s
link a b delay 1ms jitter exponential 50us
link b a delay 1ms jitter exponential 50us
set a local.orphan true
set a local.error 1s
set b local.orphan true
set b local.error 1s
a reads leap file insert at 2027-01-01
expect b from 2m until 119m stratum = 11
expect b from 2m until 119m |error| > 40ms
at 2h b network refuses
at 2h b restarts
at 2h expect b status local
expect b from 2h leap insert
at 2h expect b |error| > 40ms
at 2h expect b bound > 1050ms
at 3h b network works
at 3h b restarts
expect b from 3h5m stratum = 11
mutant at 2h b starts afresh
