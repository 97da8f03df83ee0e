/* Reference clocks: what the parent opens for them before rights are given away, and core reads.
 *
 *   segment of shared memory --looked at each second--> refclock/shm --.
 *                                                                       >-- refclock/place --> EVENT_REFERENCE
 *   datagrams at a socket ------------------------------> refclock/sock --'
 *
 * Both are inherited by fork, so a core that takes another's place has them again. To read the memory takes no system call. */
#ifndef DAEMON_REFERENCES_H
#define DAEMON_REFERENCES_H

#include <sys/types.h>

#include "engine/options.h"
#include "refclock/place.h"
#include "refclock/shm.h"

struct reference_line {
    int unit;                   /* of shared memory; -1: a socket */
    int fd;                     /* the socket; -1: shared memory */
    char path[OPTION_TEXT_MAX]; /* of the socket */
    const volatile struct refclock_shm *memory; /* NULL: cannot be used */
    struct refclock_shm_reader reader;
};

struct references {
    unsigned count;
    struct reference_line line[ENGINE_CONFIGURED_MAX];
    struct refclock_past past;
};

/* Opens those of the sources that are reference clocks, and says in the log which shared memory cannot be used, and why. owner: users besides root who may own
 * it. Returns 0, or -UE_... of a socket that cannot be made, and *failed, which line. */
int references_open(struct references *r, const struct engine_options *o, const uid_t owner[], unsigned owners, uint32_t *failed);

/* The one of that source, or NULL: it was not there at the start. */
struct reference_line *references_find(struct references *r, const struct source_options *o);

/* Is every reference clock of these sources there? Otherwise *missing is one that is not. */
bool references_have(struct references *r, const struct engine_options *o, const struct source_options **missing);

/* For a process that does not read them. */
void references_forget(struct references *r);

/* The sockets leave nothing behind. */
void references_clean(const struct references *r);

#endif
