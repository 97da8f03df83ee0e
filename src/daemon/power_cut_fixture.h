/* For tests: a disk that loses power. While it records, what a program does to the files of one folder goes into a log; afterwards the disk can be put back to
 * what it might hold had the power gone after any number of these steps.
 *
 * What was not synced may have reached the disk or not, in any order: each sector of 512 bytes of a file for itself (one that did not is zeroes or
 * anything), its length, and each change of the folder. fsync() of a file makes its bytes sure, of the folder its names; rename() is whole or not at all.
 *
 * Link with -Wl,--wrap=open,--wrap=write,--wrap=fsync,--wrap=rename,--wrap=unlink,--wrap=close. Names in the folder are short, files small. */
#ifndef DAEMON_POWER_CUT_FIXTURE_H
#define DAEMON_POWER_CUT_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"

/* Forget what was recorded and record what is done in this folder. */
void power_cut_record(const char *folder);

/* No more. Returns how many steps there are to cut after. */
size_t power_cut_stop(void);

/* Steps recorded so far. */
size_t power_cut_steps(void);

/* Fill the (empty) folder with what could be there when the power went after so many steps. */
void power_cut_restore(const char *folder, size_t steps, struct prng *chance);

/* Files are said to be synced and are not, to see that the test notices. */
void power_cut_break_fsync(bool broken);

#endif
