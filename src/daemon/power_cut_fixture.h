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

/* A setup and a teardown: an empty folder of the tests' own, which has to be empty again at the end. What is kept there is power_cut_path. */
extern char power_cut_path[64];
int power_cut_make_folder(void **state);
int power_cut_remove_folder(void **state);

/* What is kept as power_cut_path: state n, counted from 1, can be written, and told again when it is read. */
struct power_cut_file {
    void (*save)(unsigned n);
    int (*load)(void);      /* n, POWER_CUT_NOTHING or POWER_CUT_MIXED */
};

enum {
    POWER_CUT_MIXED = -1,   /* it was refused, or is no state that was ever saved */
    POWER_CUT_NOTHING,      /* there was no file */
};

/* Forty states are saved, one after the other. Of so many cuts at random moments, how many leave neither the last state that was whole nor the one that was
 * being written. With `broken_fsync` files are said to be synced and are not, to see that it is noticed. The folder is empty again afterwards. */
unsigned power_cut_losses(const struct power_cut_file *k, unsigned cuts, bool broken_fsync);

#endif
