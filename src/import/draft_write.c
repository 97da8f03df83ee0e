/* A draft as a configuration: first settled, as some of it means something else beside the rest, then written. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/draft.h"

/* What our keys mean where they are not given: engine/source.def. */
#define MIN_POLL 6
#define MAX_POLL 10
#define MEMBERS 4
#define POOL_MIN_POLL 4
#define FOLLOWED_MAX 16

/* -- making it sound ------------------------------------------------------------------------------------------------------- */

static void settle_polls(struct draft *d, struct draft_source *s)
{
    int64_t *low = &s->number[DRAFT_MIN_POLL], *high = &s->number[DRAFT_MAX_POLL];

    if (s->pool && *low != DRAFT_UNSET && *low < POOL_MIN_POLL) {
        draft_remark(d, "every %lld s is too often for the servers of a pool: every 16 s stands there now", *low < 0 ? 1LL : 1LL << *low);
        *low = POOL_MIN_POLL;
    }
    if (*low == DRAFT_UNSET && *high != DRAFT_UNSET && *high < MIN_POLL)
        *low = *high;
    if (*high == DRAFT_UNSET && *low != DRAFT_UNSET && *low > MAX_POLL)
        *high = *low;
    if (*low != DRAFT_UNSET && *high != DRAFT_UNSET && *high < *low)
        *high = *low;
    if (s->pool && *low != DRAFT_UNSET && *low < POOL_MIN_POLL)
        *low = POOL_MIN_POLL;
    if (s->pool && *high != DRAFT_UNSET && *high < POOL_MIN_POLL)
        *high = POOL_MIN_POLL;
}

/* A source that asks for authentication and cannot have it is left out: to ask it without would be less than was meant. */
static bool may_stay(struct draft *d, struct draft_source *s)
{
    bool nts = s->number[DRAFT_NTS] == 1, key = s->number[DRAFT_KEY] != DRAFT_UNSET;

    if (key && !draft_has(d, "keys", "file")) {
        draft_remark(d, "its key is in no key file: the source is left out; set keys.file and add it with its key");
        return false;
    }
    if (nts && s->pool) {
        draft_remark(d, "a pool with NTS is no kind of source here: it is asked as one server");
        s->pool = false;
        s->number[DRAFT_MEMBERS] = DRAFT_UNSET;
    }
    if (nts && key) {
        draft_remark(d, "a source has either NTS or a key: NTS stands there now");
        s->number[DRAFT_KEY] = DRAFT_UNSET;
    }
    if (nts)
        s->number[DRAFT_VERSION] = DRAFT_UNSET;
    return true;
}

/* Returns how many servers are followed at the most. */
static int64_t settle_sources(struct draft *d)
{
    int64_t followed = 0;
    unsigned kept = 0;

    for (unsigned i = 0; i < d->sources; i++) {
        struct draft_source s = d->source[i];
        int64_t members;

        draft_line(d, s.line, s.host);
        if (!may_stay(d, &s))
            continue;
        if (!s.reference)
            settle_polls(d, &s);
        members = !s.pool ? 1 : s.number[DRAFT_MEMBERS] == DRAFT_UNSET ? MEMBERS : s.number[DRAFT_MEMBERS];
        if (members > FOLLOWED_MAX - followed) {
            members = FOLLOWED_MAX - followed;
            draft_remark(d, "%d servers and pool members together are followed at the most; %lld of these are", FOLLOWED_MAX, (long long)members);
            if (members == 0)
                continue;
            s.number[DRAFT_MEMBERS] = members;
        }
        followed += members;
        d->source[kept++] = s;
    }
    d->sources = kept;
    return followed;
}

static void settle_min_sources(struct draft *d, int64_t followed)
{
    for (unsigned i = 0; i < d->settings; i++) {
        struct draft_setting *s = &d->setting[i];
        int64_t v = strtoll(s->value[0], NULL, 10);

        if (strcmp(s->key, "min_sources") != 0 || d->sources == 0 || v <= followed)
            continue;
        draft_line(d, s->line, "min_sources");
        draft_remark(d, "%lld sources can never agree, there are %lld: that many stand there now", (long long)v, (long long)followed);
        snprintf(s->value[0], sizeof s->value[0], "%lld", (long long)followed);
    }
}

static double seconds_of(const struct draft *d, const char *key, double otherwise)
{
    for (unsigned i = 0; i < d->settings; i++)
        if (strcmp(d->setting[i].section, "clock") == 0 && strcmp(d->setting[i].key, key) == 0)
            return strtod(d->setting[i].value[0], NULL);
    return otherwise;
}

static void settle_steps(struct draft *d)
{
    double step = seconds_of(d, "step_threshold", 0.001), panic = seconds_of(d, "panic_threshold", 10);

    if (panic >= step)
        return;
    draft_line(d, 0, "panic_threshold");
    draft_remark(d, "what is slewed at the start may not be refused later: clock.panic_threshold is as large as clock.step_threshold now");
    draft_set_within(d, "clock", "panic_threshold", "s", step, 0.001, 86400);
}

static void drop(struct draft *d, const char *section, const char *key)
{
    for (unsigned i = 0; i < d->settings; i++)
        if (strcmp(d->setting[i].section, section) == 0 && strcmp(d->setting[i].key, key) == 0)
            d->setting[i].count = 0;
}

/* NTS is served beside NTP, by a certificate with its key. */
static void settle_nts(struct draft *d)
{
    bool complete = draft_has(d, "nts", "certificate") && draft_has(d, "nts", "private_key") && d->serves;

    if (!complete)
        drop(d, "nts", "listen");
    else if (!draft_has(d, "nts", "listen"))
        draft_add(d, "nts", "listen", "\"*:4460\"");
}

static bool refuses(const struct draft *d)
{
    for (unsigned i = 0; i < d->nets; i++)
        if (d->net[i].action != DRAFT_ALLOW)
            return true;
    return false;
}

static void settle(struct draft *d)
{
    settle_min_sources(d, settle_sources(d));
    settle_steps(d);
    draft_line(d, 0, "");
    d->serves &= d->port != 0;
    if (!d->serves)
        drop(d, "ntp", "listen");
    if (d->serves && !draft_has(d, "ntp", "listen"))
        draft_listen(d, "ntp", "listen", "*", d->port);
    settle_nts(d);
    if (!refuses(d))
        d->nets = 0;    /* a list that allows everybody says nothing */
    if (draft_has(d, "local", "stratum") && d->serves) {
        draft_set(d, "local", "public", "true");
    }
}

/* -- writing it ------------------------------------------------------------------------------------------------------------ */

struct page { char *text; size_t len; };

__attribute__((format(printf, 2, 3))) static void put(struct page *p, const char *format, ...)
{
    size_t room = IMPORT_OUT_SIZE - p->len;
    int n;
    va_list args;

    va_start(args, format);
    n = vsnprintf(p->text + p->len, room, format, args);
    va_end(args);
    p->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_origin(struct page *p, const struct draft *d, unsigned line)
{
    if (line)
        put(p, "  # %.200s:%u\n", d->base, line);
    else
        put(p, "\n");
}

/* To the nanosecond, without needless zeros. */
static void put_duration(struct page *p, const char *key, double s)
{
    char text[64];
    size_t len = (size_t)snprintf(text, sizeof text, "%.6f", s * 1e3);

    while (text[len - 1] == '0')
        len--;
    len -= text[len - 1] == '.';
    text[len] = '\0';
    put(p, "    %s: %sms\n", key, text);
}

static void put_reference(struct page *p, const struct draft *d, const struct draft_source *s)
{
    if (s->unit >= 0)
        put(p, "  - shm: %d", s->unit);
    else
        put(p, "  - sock: \"%s\"", s->sock);
    put_origin(p, d, s->line);
    if (s->refid[0])
        put(p, "    refid: \"%s\"\n", s->refid);
    put_duration(p, "error", s->error_s);
    if (fabs(s->offset_s) > 0)
        put_duration(p, "offset", s->offset_s);
    if (s->number[DRAFT_PREFER] != DRAFT_UNSET)
        put(p, "    prefer: true\n");
}

static void put_source(struct page *p, const struct draft *d, const struct draft_source *s)
{
    static const struct { const char *key; bool yes_or_no; } number[DRAFT_NUMBERS] = {
        [DRAFT_PORT] = { "port", false }, [DRAFT_IBURST] = { "iburst", true }, [DRAFT_MIN_POLL] = { "min_poll", false },
        [DRAFT_MAX_POLL] = { "max_poll", false }, [DRAFT_PREFER] = { "prefer", true }, [DRAFT_INTERLEAVED] = { "interleaved", true },
        [DRAFT_MEMBERS] = { "members", false }, [DRAFT_KEY] = { "key", false }, [DRAFT_VERSION] = { "version", false }, [DRAFT_NTS] = { "nts", true },
        [DRAFT_NTS_PORT] = { "nts_port", false },
    };

    if (s->reference) {
        put_reference(p, d, s);
        return;
    }
    put(p, "  - %s: \"%s\"", s->pool ? "pool" : "server", s->host);
    put_origin(p, d, s->line);
    for (int i = 0; i < DRAFT_NUMBERS; i++)
        if (s->number[i] != DRAFT_UNSET && number[i].yes_or_no)
            put(p, "    %s: true\n", number[i].key); /* no other daemon has a word to turn one off */
        else if (s->number[i] != DRAFT_UNSET)
            put(p, "    %s: %lld\n", number[i].key, (long long)s->number[i]);
}

static void put_setting(struct page *p, const struct draft *d, const struct draft_setting *s, const char *indent)
{
    if (!s->count)
        return;
    put(p, "%s%s: %s", indent, s->key, s->list ? "[" : "");
    for (unsigned i = 0; i < s->count; i++)
        put(p, "%s%s", i ? ", " : "", s->value[i]);
    put(p, "%s", s->list ? "]" : "");
    put_origin(p, d, s->line);
}

/* All settings of the section that number `first` is the first of. */
static void put_section(struct page *p, const struct draft *d, unsigned first)
{
    const char *section = d->setting[first].section;
    bool any = false;

    for (unsigned i = 0; i < first; i++)
        if (strcmp(d->setting[i].section, section) == 0)
            return;
    for (unsigned i = first; i < d->settings; i++)
        any |= strcmp(d->setting[i].section, section) == 0 && d->setting[i].count;
    if (!any)
        return;
    put(p, *section ? "\n%s:\n" : "\n", section);
    for (unsigned i = first; i < d->settings; i++)
        if (strcmp(d->setting[i].section, section) == 0)
            put_setting(p, d, &d->setting[i], *section ? "  " : "");
}

/* 16 networks an item, as many as an item takes. */
static void put_access(struct page *p, const struct draft *d)
{
    static const char *const name[DRAFT_ACTIONS] = { "allow", "deny", "authenticate" };

    if (d->nets)
        put(p, "\naccess:\n");
    for (int action = 0; action < DRAFT_ACTIONS; action++) {
        unsigned in_item = 0;

        for (unsigned i = 0; i < d->nets; i++) {
            if ((int)d->net[i].action != action)
                continue;
            if (in_item++ % DRAFT_ITEMS_MAX == 0)
                put(p, "  - action: %s\n    nets:\n", name[action]);
            put(p, "      - \"%s\"", d->net[i].net);
            put_origin(p, d, d->net[i].line);
        }
    }
}

void draft_write(struct draft *d, enum import_format format, char out[IMPORT_OUT_SIZE])
{
    struct page p = { out, 0 };

    settle(d);
    put(&p, "# Made from %.200s (%s) by `utcctl import`; behind each line the one it comes from.\n", d->name, import_format_name(format));
    if (d->remark_len)
        put(&p, "#\n# Without an equivalent, or not quite with one:\n%s%s", d->remark, d->remarks_full ? "# ... and more\n" : "");
    if (d->sources == 0)
        put(&p, "\nsources: []\n");
    else
        put(&p, "\nsources:\n");
    for (unsigned i = 0; i < d->sources; i++)
        put_source(&p, d, &d->source[i]);
    for (unsigned i = 0; i < d->settings; i++)
        put_section(&p, d, i);
    put_access(&p, d);
}
