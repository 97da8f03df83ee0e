/* The files of leap seconds: read soon after the start, again when they change (looked at each hour) and when told to. A bad file is refused with a
 * sentence and what was known stays; a missing one is no error. */
#ifndef DAEMON_LEAP_FILES_H
#define DAEMON_LEAP_FILES_H

#include <sys/stat.h>

#include "clock/clock.h"

struct leap_files {
    struct mono_ns next;                                           /* when to look again */
    struct {
        bool seen;
        struct stat as_read;    /* the file a verdict was given on; */
        const char *refused;    /* why it is not used, static; NULL: it is, or there is none */
        uint32_t line;          /* where; 0: all of it */
    } file[LEAP_ORIGINS];
};

/* The first look is a little later, so that it never delays the first answer; who cannot wait may look before. */
void leap_files_start(struct leap_files *f, struct mono_ns now);

/* Look at the file `origin` at `path` ("" for none). Returns true if it is new and good, with *table filled; what it makes of the file is logged. */
bool leap_files_read(struct leap_files *f, enum clock_leap_origin origin, const char *path, struct leap_table *table);

/* Why the file is not used, with its line where one is to blame; NULL: it is, or there is none. In `out` or static. */
#define LEAP_REASON_MAX 128
const char *leap_files_reason(const struct leap_files *f, enum clock_leap_origin origin, char out[LEAP_REASON_MAX]);

/* The whole of a regular file of at most `size` bytes, without ever waiting or touching a device. Returns 0 or -UE_...: -UE_NO_FILE when there is none,
 * -UE_RANGE when it is larger, -UE_UNSUPPORTED when it is no regular file. */
int leap_file_load(const char *path, uint8_t *out, size_t size, size_t *len);

#define LEAP_FILES_LOOK_S 3600

#endif
