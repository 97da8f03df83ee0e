/* Reference clocks as core reads them: shared memory once a second, datagrams as they come. */
#include <poll.h>
#include <unistd.h>

#include "daemon/core_part.h"
#include "io/stamp.h"
#include "io/unix.h"
#include "refclock/sock.h"

#define LOOK_NS NS_PER_S
#define DATAGRAMS_AT_ONCE 16    /* whoever sends more has them looked at after everybody else's turn */

static struct refclock_pair pair_now(void)
{
    struct io_instant now = io_instant_now();

    return (struct refclock_pair){ now.raw, now.realtime_ns };
}

static void hand_in(struct core *c, uint16_t configured, const struct refclock_sample *s, enum verdict why, struct refclock_pair now)
{
    struct event ev = { .kind = EVENT_REFERENCE, .u.reference = { .configured = configured, .why = why, .utc = s->reference, .leap = s->leap } };

    if (why == VERDICT_ACCEPTED)
        ev.u.reference.why = refclock_place(&c->world->references->past, now, s->received_ns, &ev.u.reference.at, &ev.u.reference.error);
    ev.u.reference.error = dur_add(ev.u.reference.error, s->rounding);
    core_input(c, &ev);
}

static void look_at(struct core *c, uint16_t configured, struct reference_line *l, struct refclock_pair now)
{
    struct refclock_sample sample = { 0 };
    struct refclock_shm_look look;
    enum verdict why;

    if (l->fd >= 0)
        return;
    if (!l->memory) {
        hand_in(c, configured, &sample, VERDICT_REF_FOREIGN, now);
        return;
    }
    refclock_shm_look(l->memory, &look);
    if (refclock_shm_judge(&l->reader, &look, &sample, &why))
        hand_in(c, configured, &sample, why, now);
}

/* The lines may be others, or in another order, than at the start. */
void core_look_at_references(struct core *c, struct mono_ns now)
{
    struct references *r = c->world->references;
    struct refclock_pair pair = pair_now();

    for (uint16_t i = 0; i < engine_options_now(c->engine)->source_count; i++) {
        const struct source_options *o = &engine_options_now(c->engine)->source[i];
        struct reference_line *l = options_reference(o) ? references_find(r, o) : NULL;

        if (l)
            look_at(c, i, l, pair);
    }
    refclock_past_add(&r->past, pair);
    c->references_due = mono_add(now, (struct dur_ns){ LOOK_NS });
}

static int line_of(const struct core *c, int fd)
{
    const struct engine_options *o = engine_options_now(c->engine);

    for (uint32_t i = 0; i < o->source_count; i++) {
        const struct reference_line *l = options_reference(&o->source[i]) ? references_find(c->world->references, &o->source[i]) : NULL;

        if (l && l->fd == fd)
            return (int)i;
    }
    return -1;
}

static void on_datagram(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct core *c = ctx;
    uint8_t bytes[sizeof(struct refclock_sock) + 1];
    int line = line_of(c, fd);

    (void)revents;
    (void)now;
    for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i++) {
        ssize_t n = io_unix_receive(fd, bytes, sizeof bytes);
        struct refclock_sample sample;
        enum verdict why;

        if (n < 0)
            return;
        if (line < 0) /* its source was taken away */
            continue;
        why = refclock_sock_read((struct span){ bytes, (size_t)n > sizeof bytes ? sizeof bytes : (size_t)n }, &sample);
        hand_in(c, (uint16_t)line, &sample, why, pair_now());
    }
}

void core_start_references(struct core *c)
{
    struct references *r = c->world->references;

    c->references_due = MONO_NEVER;
    if (!r || r->count == 0)
        return;
    for (unsigned i = 0; i < r->count; i++) {
        struct refclock_sample old;
        struct refclock_shm_look look;
        enum verdict why;

        if (r->line[i].fd >= 0)
            loop_watch(c->loop, r->line[i].fd, POLLIN, on_datagram, c);
        if (!r->line[i].memory)
            continue;
        refclock_shm_look(r->line[i].memory, &look); /* what lies there from before we watched is no news */
        refclock_shm_judge(&r->line[i].reader, &look, &old, &why);
    }
    r->past = (struct refclock_past){ 0 };
    refclock_past_add(&r->past, pair_now());
    c->references_due = mono_add(host_mono(), (struct dur_ns){ LOOK_NS });
}
