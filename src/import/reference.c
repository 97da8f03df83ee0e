#include "import/reference.h"

#include <string.h>
#include <strings.h>

enum meaning { REFID, OFFSET, DELAY, PREFER, NAMED, IMPOSSIBLE };

/* chrony's first, then ntpd's (server, fudge) and NTPsec's. */
static const struct { const char *name; unsigned values; enum meaning meaning; const char *remark; } options[] = {
    { "refid", 1, REFID, "" },
    { "offset", 1, OFFSET, "" },
    { "delay", 1, DELAY, "" },
    { "prefer", 0, PREFER, "" },
    { "poll", 1, NAMED, "the clock takes a sample every 4 to 16 s; nothing to do" },
    { "dpoll", 1, NAMED, "shared memory is looked at each second; nothing to do" },
    { "filter", 1, NAMED, "the middle one of the samples of a poll is taken; nothing to do" },
    { "rate", 1, NAMED, "samples may come as fast as they like; nothing to do" },
    { "precision", 1, NAMED, "how noisy samples are is learnt; how wrong they may be is `error`" },
    { "maxdispersion", 1, NAMED, "how noisy samples are is learnt; nothing to do" },
    { "stratum", 1, NAMED, "a reference clock is of stratum 0; nothing to do" },
    { "minsamples", 1, NAMED, "how much of the past counts is found by the filter itself; nothing to do" },
    { "maxsamples", 1, NAMED, "how much of the past counts is found by the filter itself; nothing to do" },
    { "trust", 0, NAMED, "no source is trusted against the others; have more of them" },
    { "require", 0, NAMED, "no single source is required; clock.min_sources says how many have to agree" },
    { "lock", 1, IMPOSSIBLE, "pulses numbered by another source are not built yet: it is left out; gpsd numbers its own, in the next unit" },
    { "maxlockage", 1, NAMED, "nothing is numbered by another source; nothing to do" },
    { "width", 1, NAMED, "there is no pulse to be filtered; nothing to do" },
    { "pps", 0, IMPOSSIBLE, "pulses numbered by another source are not built yet: it is left out; gpsd numbers its own, in the next unit" },
    { "tai", 0, IMPOSSIBLE, "samples have to be UTC: the source is left out" },
    { "local", 0, IMPOSSIBLE, "samples have to be UTC: the source is left out" },
    { "noselect", 0, IMPOSSIBLE, "a source that is only looked at is not offered: it is left out" },
    { "time1", 1, OFFSET, "" },
    { "time2", 1, NAMED, "there is nothing to hold back; nothing to do" },
    { "unit", 1, NAMED, "" },
    { "minpoll", 1, NAMED, "the clock takes a sample every 4 to 16 s; nothing to do" },
    { "maxpoll", 1, NAMED, "the clock takes a sample every 4 to 16 s; nothing to do" },
    { "iburst", 0, NAMED, "the clock takes a sample every 4 to 16 s; nothing to do" },
    { "mode", 1, NAMED, "the mode of a writer is found in the memory; nothing to do" },
    { "true", 0, NAMED, "no source is trusted against the others; have more of them" },
    { "flag1", 1, NAMED, "how large a step may be is `clock.panic_threshold`; nothing to do" },
    { "flag2", 1, NAMED, "nothing to do" },
    { "flag3", 1, NAMED, "nothing to do" },
    { "flag4", 1, NAMED, "samples are counted by reason in `utcctl sources --json`; nothing to do" },
};

#define OPTIONS (sizeof options / sizeof options[0])

static size_t find_option(const char *name)
{
    size_t i = 0;

    while (i < OPTIONS && strcasecmp(options[i].name, name) != 0)
        i++;
    return i;
}

/* chrony's `delay` is the whole width of what is not known. */
static void take_delay(struct draft *d, struct draft_source *s, const char *text)
{
    double v;

    if (draft_decimal(text, &v) && v >= 2e-9 && v <= 20)
        s->error_s = v / 2;
    else
        draft_remark(d, "\"%.60s\" is no delay from which an error could be made; write `error` by hand", text);
}

/* False: it cannot be had here as it is meant. */
static bool take_option(struct draft *d, struct draft_source *s, size_t i, const char *value)
{
    switch (options[i].meaning) {
    case REFID: draft_set_refid(d, s, value); break;
    case OFFSET: draft_set_offset(d, s, value); break;
    case DELAY: take_delay(d, s, value); break;
    case PREFER: s->number[DRAFT_PREFER] = 1; break;
    default: /* NAMED, IMPOSSIBLE */
        if (*options[i].remark)
            draft_remark(d, "%s: %s", options[i].name, options[i].remark);
        break;
    }
    return options[i].meaning != IMPOSSIBLE;
}

static bool take_options(struct draft *d, struct draft_source *s, const struct words *w, unsigned from)
{
    bool possible = true;

    for (unsigned i = from; i < w->count; i++) {
        size_t o = find_option(w->word[i]);

        if (o == OPTIONS) {
            draft_unknown(d, "option of a reference clock", w->word[i]);
            continue;
        }
        possible &= take_option(d, s, o, words_arg(w, i + 1));
        i += options[o].values;
    }
    return possible;
}

void reference_options(struct draft *d, struct draft_source *s, const struct words *w, unsigned from) { take_options(d, s, w, from); }

void reference_take(struct draft *d, int unit, const char *sock, const struct words *w, unsigned from)
{
    struct draft_source *s = draft_add_reference(d, unit, sock);

    if (!s)
        return;
    if (take_options(d, s, w, from))
        draft_remark(d, "true time has to lie within `error` of each sample: what stands there is a careful guess, see whether it will do");
    else
        d->sources--; /* it was the last */
}
