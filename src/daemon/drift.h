/* The drift file: the learnt frequency over restarts. Small, text, versioned, with a checksum as its last line, so that a torn or foreign file is
 * never taken for a good one. Written beside and renamed over: whoever reads sees a whole old or a whole new file. */
#ifndef DAEMON_DRIFT_H
#define DAEMON_DRIFT_H

#include <stddef.h>

#include "clock/clock.h"

#define DRIFT_TEXT_MAX 160

/* The file's content; returns its length. */
size_t drift_to_text(const struct clock_drift *d, char out[DRIFT_TEXT_MAX]);
/* Returns 0; -UE_TRUNCATED, -UE_SYNTAX, -UE_VERSION, -UE_RANGE (not a number, or beyond any clock). A frequency above max_ppm is clamped to it
 * and marked uncertain by skew_ppm = max_ppm. *out changes on success only. */
int drift_from_text(const char *text, size_t len, double max_ppm, struct clock_drift *out);

/* Read the file. Returns 0; -UE_NO_FILE when there is none; another -UE_... for a file that cannot be used, which is then set aside as PATH.bad
 * (not when it cannot be opened). */
int drift_load(const char *path, double max_ppm, struct clock_drift *out);

/* Could it be saved? Returns 0, or why not: told at the start rather than when there is something to lose. */
int drift_can_save(const char *path);

/* Returns 0 or -UE_NO_SPACE, -UE_PERMISSION ... with the old file as it was. */
int drift_save(const char *path, const struct clock_drift *d);

#endif
