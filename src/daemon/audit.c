#include "daemon/audit.h"

#include <stdio.h>

#include "daemon/logger.h"
#include "guard/check.h"
#include "host/clock.h"

#define LOOK_NS NS_PER_S

static void tell(const struct audit *a, const struct guard_client *c, uint32_t skipped, struct mono_ns now)
{
    struct log_record r = { .id = LOG_AUDIT_BLOCKED };
    char net[ADDR_TEXT_MAX], prefix[ADDR_TEXT_MAX + 8];

    snprintf(prefix, sizeof prefix, "%s/%u", addr_to_text(&c->net, net), c->bits);
    log_text(&r, "prefix", prefix);
    log_ns(&r, "block_ns", a->guard->limit.block_ns - a->guard->limit.burst_ns - GUARD_BLOCK_SLACK_NS);
    log_int(&r, "per_second", (int64_t)c->per_second);
    log_int(&r, "limit", a->guard->limit.rate);
    log_int(&r, "skipped", skipped);
    logger_write(&r, now);
}

static struct mono_ns next(void *ctx) { return ((const struct audit *)ctx)->next; }

static void run(void *ctx, struct mono_ns now)
{
    struct audit *a = ctx;
    struct guard_client client;
    uint32_t before = a->told;

    if (!a->guard || mono_before(now, a->next))
        return;
    /* Whoever writes there may do so faster than this reads: what comes meanwhile is for the next look. */
    for (unsigned n = 0; n < GUARD_BLOCKS_KEPT && guard_next_block(a->guard, &a->told, &client); n++) {
        tell(a, &client, a->told - before - 1, now);
        before = a->told;
    }
    a->next = mono_add(now, (struct dur_ns){ LOOK_NS });
}

void audit_change(struct audit *a, const struct guard *guard)
{
    bool blocks = guard && guard->limit.block_above > 0;

    if (blocks && !a->guard)
        a->told = ATOMIC_LOAD(&guard->blocks);
    a->guard = blocks ? guard : NULL;
    a->next = blocks ? host_mono() : MONO_NEVER;
}

void audit_start(struct audit *a, struct loop *loop, const struct guard *guard)
{
    *a = (struct audit){ .guard = NULL };
    audit_change(a, guard);
    loop_add_part(loop, &(struct loop_part){ a, next, run });
}
