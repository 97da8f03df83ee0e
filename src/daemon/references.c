#include "daemon/references.h"

#include <string.h>
#include <unistd.h>

#include "daemon/logger.h"
#include "io/segment.h"
#include "io/unix.h"

#define SOCKET_MODE 0600        /* who may send is who may write it */
#define PRIVATE_UNITS 2         /* as gpsd and ntpd have it: these are root's, */
#define PRIVATE_MODE 0600
#define OPEN_MODE 0666          /* and the others anybody's */

static key_t key_of(int unit) { return (key_t)(REFCLOCK_SHM_KEY + unit); }

static void attach(struct reference_line *l, const uid_t owner[], unsigned owners)
{
    unsigned mode = l->unit < PRIVATE_UNITS ? PRIVATE_MODE : OPEN_MODE;
    char why[IO_SEGMENT_WHY_MAX];

    l->memory = io_segment_attach(key_of(l->unit), sizeof *l->memory, mode, owner, owners, why);
    if (!l->memory)
        logger_say("SHM(%d) is not used: the shared memory %#x: %s (ipcs -m shows it; ipcrm -M %#x, then a restart, makes it anew)", l->unit,
                   (unsigned)key_of(l->unit), why, (unsigned)key_of(l->unit));
    else if (io_segment_is_open_to_all(key_of(l->unit)))
        logger_say("SHM(%d) can be written by every user of this machine, as units from 2 on are by custom: they could tell any time within its `error`",
                   l->unit);
}

int references_open(struct references *r, const struct engine_options *o, const uid_t owner[], unsigned owners, uint32_t *failed)
{
    for (uint32_t i = 0; i < o->source_count; i++) {
        const struct source_options *from = &o->source[i];
        struct reference_line *l = &r->line[r->count];

        if (!options_reference(from))
            continue;
        *failed = i;
        *l = (struct reference_line){ .unit = from->sock.s[0] ? -1 : (int)from->shm, .fd = -1 };
        r->count++;
        if (l->unit >= 0) {
            attach(l, owner, owners);
            continue;
        }
        memcpy(l->path, from->sock.s, sizeof l->path);
        l->fd = io_unix_bind(l->path, SOCKET_MODE);
        if (l->fd < 0)
            return l->fd;
    }
    return 0;
}

struct reference_line *references_find(struct references *r, const struct source_options *o)
{
    for (unsigned i = 0; i < r->count; i++)
        if (o->sock.s[0] ? strcmp(r->line[i].path, o->sock.s) == 0 : r->line[i].unit == o->shm)
            return &r->line[i];
    return NULL;
}

bool references_have(struct references *r, const struct engine_options *o, const struct source_options **missing)
{
    for (uint32_t i = 0; i < o->source_count; i++)
        if (options_reference(&o->source[i]) && !references_find(r, &o->source[i])) {
            *missing = &o->source[i];
            return false;
        }
    return true;
}

void references_forget(struct references *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        if (r->line[i].memory)
            io_segment_detach(r->line[i].memory);
        if (r->line[i].fd >= 0)
            close(r->line[i].fd);
    }
    r->count = 0;
}

void references_clean(const struct references *r)
{
    for (unsigned i = 0; i < r->count; i++)
        if (r->line[i].fd >= 0)
            unlink(r->line[i].path);
}
