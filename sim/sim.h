/* The simulator's front door, for build/utcsim and for `utcctl sim`. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

/* Arguments as a program's. Prints a table (or TAP with --tap). Returns 0 when everything passed, 1 when something failed, 2 on wrong usage or a story with a
 * mistake in it. */
int sim_main(int argc, char **argv);

#endif
