#include "daemon/rival.h"

#include <string.h>

#include "base/atomic.h"
#include "daemon/logger.h"
#include "host/clock.h"

/* What shared->rival holds: 0 before the first look, then 1 + what host_discipline_running told. */
#define LOOKED 1u

static void tell(enum log_id id, const char *program)
{
    struct log_record r = { .id = id };

    if (program[0] == '\0')
        return;
    log_text(&r, "program", program);
    logger_write(&r, host_mono());
}

void rival_look(struct rival *r, struct mono_ns now)
{
    unsigned n = r->running();
    const char *was = rival_name(r->mode, r->shared), *is = host_discipline_name(n);

    r->next = mono_add(now, (struct dur_ns){ RIVAL_LOOK_S * NS_PER_S });
    ATOMIC_STORE(&r->shared->rival, (uint8_t)(LOOKED + n));
    if (strcmp(was, is) == 0)
        return;
    tell(LOG_RIVAL_ENDED, was);
    tell(LOG_RIVAL, is);
}

static struct mono_ns next(void *ctx) { return ((struct rival *)ctx)->next; }
static void look(void *ctx, struct mono_ns now) { rival_look(ctx, now); }

void rival_start(struct rival *r, struct loop *l, const struct mode *m, struct shared_state *shared)
{
    *r = (struct rival){ .mode = m, .shared = shared, .running = host_discipline_running };
    if (!m->steer)
        return;
    r->next = mono_add(host_mono(), (struct dur_ns){ RIVAL_LOOK_S * NS_PER_S });
    loop_add_part(l, &(struct loop_part){ r, next, look });
}

const char *rival_name(const struct mode *m, const struct shared_state *shared)
{
    unsigned n = ATOMIC_LOAD(&shared->rival);

    return n == 0 || (n == LOOKED && m->rival_unseen) ? m->rival : host_discipline_name(n - LOOKED);
}
