/* The file of clock.drift_file: what the clock remembers over restarts (clock/memory.h is its content). Written beside and renamed over: whoever reads sees
 * a whole old or a whole new file. */
#ifndef DAEMON_MEMORY_FILE_H
#define DAEMON_MEMORY_FILE_H

#include "clock/memory.h"

/* Read the file. Returns 0; -UE_NO_FILE when there is none; another -UE_... for a file that cannot be used, which is then set aside as PATH.bad
 * (not when it cannot be opened). *out changes on success only. */
int memory_file_load(const char *path, double max_frequency_ppm, struct clock_memory *out);

/* Take the lock PATH.lock, kept until this process and its children have ended: two daemons that learn into one file spoil it for each other. Returns false
 * when another has it; where no lock is to be had, in a folder that nothing is written to, there is none. */
bool memory_file_lock(const char *path);

/* Could it be saved? Returns 0, or why not: told at the start rather than when there is something to lose. */
int memory_file_can_save(const char *path);

/* The sentence of what either of them returns: what is not there is a directory. */
const char *memory_file_why(int err);

/* Returns 0 or -UE_NO_SPACE, -UE_PERMISSION ... with the old file as it was. */
int memory_file_save(const char *path, const struct clock_memory *m);

#endif
