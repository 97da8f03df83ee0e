/* What a statement of the story does to the world. */
#include <math.h>
#include <string.h>

#include "sim/client.h"
#include "sim/option.h"

static struct dur_ns duration(const struct statement *st) { return (struct dur_ns){ (int64_t)st->x }; }

static void change_path(struct path *p, const struct attributes *a)
{
    static const enum attribute laws[PATH_JITTER_COUNT] = { ATTR_EXPONENTIAL, ATTR_GAUSSIAN, ATTR_HEAVY, ATTR_UNIFORM };
    const struct { enum attribute a; struct dur_ns *d; } times[] = {
        { ATTR_DELAY, &p->delay }, { ATTR_CONGESTED, &p->queue }, { ATTR_PERIOD, &p->queue_period }, { ATTR_BY, &p->reorder_by },
    };
    const struct { enum attribute a; double *x; } shares[] = { { ATTR_LOSS, &p->loss }, { ATTR_DUPLICATE, &p->duplicate }, { ATTR_REORDER, &p->reorder } };

    p->exists = true;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (attr_given(a, times[i].a))
            *times[i].d = (struct dur_ns){ (int64_t)a->value[times[i].a] };
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        if (attr_given(a, shares[i].a))
            *shares[i].x = a->value[shares[i].a];
    for (uint8_t i = 0; i < PATH_JITTER_COUNT; i++)
        if (attr_given(a, laws[i])) {
            p->law = i;
            p->jitter = (struct dur_ns){ (int64_t)a->value[laws[i]] };
        }
    if (attr_given(a, ATTR_NO_JITTER))
        p->jitter = (struct dur_ns){ 0 };
}

static void link_nodes(struct sim_world *w, const struct statement *st)
{
    for (unsigned i = 0; i < w->node_count; i++)
        for (unsigned j = 0; j < w->node_count; j++) {
            if (i == j || !(st->who >> i & 1) || !(st->whom >> j & 1))
                continue;
            change_path(&w->link[i][j].path, &st->attr);
            if (st->deed == DEED_LINK_ONE_WAY)
                continue;
            change_path(&w->link[j][i].path, &st->attr);
            if (w->node[i].client)
                w->node[i].c.uses |= UINT64_C(1) << j;
        }
}

static void source_attributes(struct source_options *s, const struct attributes *a)
{
    if (attr_given(a, ATTR_POLL_MIN))
        s->min_poll = (int64_t)a->value[ATTR_POLL_MIN];
    if (attr_given(a, ATTR_POLL_MAX))
        s->max_poll = (int64_t)a->value[ATTR_POLL_MAX];
    if (attr_given(a, ATTR_MEMBERS))
        s->members = (int64_t)a->value[ATTR_MEMBERS];
    for (enum smear_law law = SMEAR_LINEAR; law < SMEAR_LAW_COUNT; law++)
        if (attr_given(a, (enum attribute)(ATTR_SMEAR_LINEAR + law - SMEAR_LINEAR)))
            s->smear = (uint8_t)law;
    if (attr_given(a, ATTR_KEY))
        s->key = (int64_t)a->value[ATTR_KEY];
    s->prefer = s->prefer || attr_given(a, ATTR_PREFER);
    s->interleaved = (s->interleaved || attr_given(a, ATTR_INTERLEAVED)) && !attr_given(a, ATTR_NOT_INTERLEAVED);
    s->iburst = (s->iburst || attr_given(a, ATTR_BURST)) && !attr_given(a, ATTR_NO_BURST);
}

static void configure(struct sim_world *w, struct sim_node *n, const struct statement *st)
{
    struct source_options *s;

    if (st->deed == DEED_POOL) {
        s = client_source(n, st->word[0], true, st->whom);
        n->c.uses &= ~st->whom;
        if (s)
            source_attributes(s, &st->attr);
        return;
    }
    for (unsigned j = 0; j < w->node_count; j++)
        if (st->whom >> j & 1 && (s = client_source(n, w->node[j].name, false, UINT64_C(1) << j)) != NULL)
            source_attributes(s, &st->attr);
}

static uint32_t code_of(const char *word)
{
    char c[4] = { 0 };

    memcpy(c, word, strnlen(word, 4));
    return NTP_REFID((uint8_t)c[0], (uint8_t)c[1], (uint8_t)c[2], (uint8_t)c[3]);
}

static uint32_t refid_of(const struct sim_world *w, uint64_t whom)
{
    const uint8_t *b = w->node[__builtin_ctzll(whom)].addr.bytes;

    return NTP_REFID(b[0], b[1], b[2], b[3]);
}

/* From now on it gains that much; what it has gained stays. */
static void drift_server(struct sim_world *w, struct sim_server *s, double drift)
{
    s->lie = dur_add(s->lie, (struct dur_ns){ llround(s->drift * (double)tai_sub(w->now, s->drift_from).ns) });
    s->drift = drift;
    s->drift_from = w->now;
}

static void do_server(struct sim_world *w, struct sim_node *n, const struct statement *st)
{
    struct sim_server *s = &n->s;

    switch (st->deed) {
    case DEED_LIES:            drift_server(w, s, s->drift); s->lie = duration(st); break;
    case DEED_DRIFTS:          drift_server(w, s, st->x); break;
    case DEED_SILENT:          s->silent = true; break;
    case DEED_ANSWERS:         s->silent = false; break;
    case DEED_LOSES_CLOCK:     s->lost = true; break;
    case DEED_FINDS_CLOCK:     s->lost = false; break;
    case DEED_STRATUM:         s->stratum = (uint8_t)st->x; break;
    case DEED_LEAP:            s->leap = (uint8_t)st->x; s->leap_told = true; break;
    case DEED_SMEARS:          s->smear = (enum smear_law)st->x; break;
    case DEED_LEAVES_LATE:     s->leaves_late = duration(st); break;
    case DEED_ROOT_DELAY:      s->root_delay = duration(st); break;
    case DEED_ROOT_DISPERSION: s->root_dispersion = duration(st); break;
    case DEED_REFID_OF:        s->refid = refid_of(w, st->whom); s->stratum = 2; break;
    case DEED_KISSES:          s->kiss = strcmp(st->word[0], "nothing") == 0 ? 0 : code_of(st->word[0]); break;
    case DEED_TAMPERS:         s->tamper = (enum tamper)st->x; break;
    case DEED_FORGES:          s->forge = (enum tamper)st->x; break;
    default:                   break;
    }
}

static void do_client(struct sim_world *w, struct sim_node *n, const struct statement *st)
{
    client_advance(w, n);
    switch (st->deed) {
    case DEED_SOURCE:
    case DEED_POOL:             configure(w, n, st); break;
    case DEED_REFERENCE:        reference_attach(w, n, st->whom, &st->attr); break;
    case DEED_FORGETS:          client_forget(n, st->word[0]); break;
    case DEED_RESOLVES:         client_resolves(n, st->word[0], st->whom); break;
    case DEED_SET:              option_set(&n->c.options, st->word[0], st->word[1]); break;
    case DEED_EXCUSE:           n->c.excused[(size_t)st->x] = true; break;
    case DEED_SUSPENDS:         client_suspend(w, n, duration(st), false); break;
    case DEED_MOVES:            client_suspend(w, n, duration(st), true); break;
    case DEED_CORE_DIES:        client_core_dies(w, n, duration(st)); break;
    case DEED_RELOADS:          client_reload(w, n); break;
    case DEED_STEPS:            client_step_system(w, n, duration(st)); break;
    case DEED_FREQUENCY:        n->oscillator.y += st->x; n->oscillator.y_mid += st->x; break;
    case DEED_RETUNED:          client_retune(w, n, st->x); break;
    case DEED_RAW_JUMPS:        client_jump_raw(w, n, duration(st)); break;
    case DEED_RESTARTS:         client_restart(w, n, false); break;
    case DEED_RESTARTS_AFRESH:  client_restart(w, n, true); break;
    case DEED_LEAP_FILE:        client_leap_file(w, n, (enum leap)st->x, st->date, true); break;
    case DEED_OLD_LEAP_FILE:    client_leap_file(w, n, (enum leap)st->x, st->date, false); break;
    case DEED_OFFLINE:          client_tell_sources(w, n, ENGINE_SOURCE_OFFLINE, st->whom); break;
    case DEED_ONLINE:           client_tell_sources(w, n, ENGINE_SOURCE_ONLINE, st->whom); break;
    case DEED_REFUSES_COMMANDS: n->c.system.refuses = true; break;
    case DEED_OBEYS_COMMANDS:   n->c.system.refuses = false; break;
    case DEED_NETWORK_REFUSES:  n->c.network_refuses = true; break;
    case DEED_NETWORK_WORKS:    n->c.network_refuses = false; break;
    default:                    break;
    }
}

/* `date` is the midnight it belongs to: insertion repeats the second before it, deletion leaves that second out. */
static void plan_leap_second(struct sim_world *w, const struct statement *st)
{
    bool deletes = (enum leap)st->x == LEAP_DELETE;
    struct tai_ns midnight = utc_to_tai(st->date, SIM_TAI_MINUS_UTC_S);

    w->leap_delta_s = (enum leap)st->x == LEAP_INSERT ? 1 : deletes ? -1 : 0;
    w->leap_at = deletes ? tai_add(midnight, (struct dur_ns){ -NS_PER_S }) : midnight;
}

void deed_apply(struct sim_world *w, const struct statement *st)
{
    if (st->deed == DEED_LEAP_SECOND) {
        plan_leap_second(w, st);
        return;
    }
    if (st->deed == DEED_LINK || st->deed == DEED_LINK_ONE_WAY) {
        link_nodes(w, st);
        return;
    }
    for (unsigned i = 0; i < w->node_count; i++) {
        struct sim_node *n = &w->node[i];

        if (!(st->who >> i & 1))
            continue;
        if (st->deed == DEED_SERVER)
            server_init(n, i, &st->attr);
        else if (st->deed == DEED_CLIENT)
            client_init(n, &st->attr, w->start);
        else if (n->client)
            do_client(w, n, st);
        else
            do_server(w, n, st);
    }
}
