#include "daemon/sieve.h"

#include <stdio.h>

#include "base/err.h"
#include "daemon/logger.h"
#include "host/clock.h"
#include "io/udp.h"

#define REST_NS (50 * NS_PER_MS) /* between two looks, whatever workers say */

static bool is_udp(const struct listener *l) { return !l->stream && !l->removed && l->fd >= 0; }

/* What the sockets dropped since they were looked at last; the first look only remembers. */
static void count_dropped(struct sieve *s)
{
    for (unsigned i = 0; i < s->listeners->count; i++) {
        const struct listener *l = &s->listeners->item[i];
        uint32_t dropped = is_udp(l) ? io_udp_dropped(l->fd) : 0;

        if (s->count > 0 && dropped > s->before[i])
            s->dropped[l->service] += dropped - s->before[i];
        s->before[i] = dropped;
    }
}

static int filter(const struct sieve *s, const struct io_sieve *sieve)
{
    int err = 0;

    for (unsigned i = 0; i < s->listeners->count && !err; i++)
        if (is_udp(&s->listeners->item[i]))
            err = io_udp_sieve(s->listeners->item[i].fd, sieve);
    return err;
}

static void tell(const struct guard_client *flood)
{
    struct log_record r = { .id = LOG_FLOOD };
    char net[ADDR_TEXT_MAX], prefix[ADDR_TEXT_MAX + 8];

    snprintf(prefix, sizeof prefix, "%s/%u", addr_to_text(&flood->net, net), flood->bits);
    log_text(&r, "prefix", prefix);
    log_int(&r, "one_in", GUARD_SIEVE_ONE_IN);
    logger_write(&r, host_mono());
}

static bool is_known(const struct sieve *s, const struct guard_client *flood)
{
    for (unsigned i = 0; i < s->count; i++)
        if (addr_same_host(&s->flood[i].net, &flood->net))
            return true;
    return false;
}

/* The guard counts one as many while, and only while, the filters are there. */
static void thin_out(struct sieve *s, const struct guard_client *flood, unsigned n)
{
    struct io_sieve sieve = { .one_in = GUARD_SIEVE_ONE_IN };
    int err;

    while (sieve.count < n) {
        sieve.item[sieve.count].net = flood[sieve.count].net;
        sieve.item[sieve.count].bits = flood[sieve.count].bits;
        sieve.count++;
    }
    err = filter(s, &sieve);
    if (err) {
        logger_say("a flood cannot be thinned out by the kernel: %s; it is refused request by request", ue_text(err));
        filter(s, &(struct io_sieve){ 0 });
        s->next = MONO_NEVER;
        s->cannot = true;
        n = 0;
    }
    for (unsigned i = 0; i < n; i++)
        if (!is_known(s, &flood[i]))
            tell(&flood[i]);
    guard_sieve(s->guard, flood, n);
    memcpy(s->flood, flood, n * sizeof flood[0]);
    s->count = n;
}

static struct mono_ns next(void *ctx) { return ((const struct sieve *)ctx)->next; }

static void run(void *ctx, struct mono_ns now)
{
    struct sieve *s = ctx;
    struct guard_client flood[GUARD_FLOODS_MAX];
    unsigned n;

    if (mono_before(now, s->next))
        return;
    n = guard_floods(s->guard, now, flood, &s->next);
    s->next = mono_max(s->next, mono_add(now, (struct dur_ns){ REST_NS }));
    s->looked_at = now;
    count_dropped(s);
    if (n > 0 || s->count > 0)
        thin_out(s, flood, n);
}

void sieve_look(struct sieve *s)
{
    if (s->guard && !s->cannot)
        s->next = mono_min(s->next, mono_add(s->looked_at, (struct dur_ns){ REST_NS }));
}

void sieve_start(struct sieve *s, struct loop *loop, struct guard *g, const struct listeners *l, struct shared_state *shared)
{
    s->guard = g;
    s->listeners = l;
    s->dropped = shared->sieved;
    s->next = MONO_NEVER;
    if (g)
        loop_add_part(loop, &(struct loop_part){ s, next, run });
}

_Static_assert(GUARD_FLOODS_MAX <= IO_SIEVE_MAX, "each flood has a place in the filter");
