/* chrony.conf(5): one directive a line; a line that begins with one of ! ; # % is a comment. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "conf/name.h"
#include "import/directive.h"
#include "import/formats.h"
#include "import/reference.h"

typedef void take_fn(struct draft *, const struct words *, const struct directive *);
static take_fn take_source, take_trusted, take_authselect, take_min_sources, take_leap_mode, take_leap_zone,
    take_makestep, take_maxchange, take_maxclockerror, take_maxdrift, take_maxslewrate, take_allow, take_bind_address, take_bind_device, take_nothing,
    take_local, take_nts_port, take_path, take_nts_server, take_nts_rotate, take_port, take_ratelimit, take_hwtimestamp, take_keyfile, take_refclock;

static const struct directive directives[] = {
#define DIRECTIVE(name, handler, remark) { #name, handler, remark },
#include "import/chrony.def"
#undef DIRECTIVE
};

/* -- sources --------------------------------------------------------------------------------------------------------------- */

/* Of server, peer and pool. */
static const struct source_option source_options[] = {
    { "port", 1, DRAFT_PORT, 1, 65535, "" },
    { "ntsport", 1, DRAFT_NTS_PORT, 1, 65535, "" },
    { "maxsources", 1, DRAFT_MEMBERS, 1, 4, "" },
    { "certset", 1, -1, 0, 0, "one set of trusted certificates is for all sources: nts.trusted_certificates" },
    { "maxdelay", 1, -1, 0, 0, "answers are weighed by their delay; nothing to do" },
    { "maxdelayratio", 1, -1, 0, 0, "answers are weighed by their delay; nothing to do" },
    { "maxdelaydevratio", 1, -1, 0, 0, "answers are weighed by their delay; nothing to do" },
    { "maxdelayquant", 1, -1, 0, 0, "answers are weighed by their delay; nothing to do" },
    { "mindelay", 1, -1, 0, 0, "the shortest delay is learnt; nothing to do" },
    { "asymmetry", 1, -1, 0, 0, "what cannot be measured is not corrected: half the round trip stays in the bound" },
    { "offset", 1, -1, 0, 0, "there are no offsets by hand; correct the server, or leave the source out" },
    { "minsamples", 1, -1, 0, 0, "how much of the past counts is found by the filter itself; nothing to do" },
    { "maxsamples", 1, -1, 0, 0, "how much of the past counts is found by the filter itself; nothing to do" },
    { "maxunreach", 1, -1, 0, 0, "a silent source is given up by the filter itself; nothing to do" },
    { "filter", 1, -1, 0, 0, "the filter chooses among answers by itself; nothing to do" },
    { "offline", 0, -1, 0, 0, "sources are asked from the start, and kept while the network is away; nothing to do" },
    { "auto_offline", 0, -1, 0, 0, "sources are kept while the network is away; nothing to do" },
    { "trust", 0, -1, 0, 0, "no source is trusted against the others; authenticate it (nts, key) or have more of them" },
    { "require", 0, -1, 0, 0, "no single source is required; clock.min_sources says how many have to agree" },
    { "polltarget", 1, -1, 0, 0, "the poll interval follows what the clock needs; nothing to do" },
    { "presend", 1, -1, 0, 0, "no packet is sent ahead; nothing to do on ordinary networks" },
    { "minstratum", 1, -1, 0, 0, "root distance counts, not stratum; nothing to do" },
    { "extfield", 1, -1, 0, 0, "no experimental extension field is sent; xleave alone brings most of it" },
    { "copy", 0, -1, 0, 0, "reference id and stratum of a source are not copied; nothing to do" },
    { "ipv4", 0, -1, 0, 0, "both families are used; write the address to have one" },
    { "ipv6", 0, -1, 0, 0, "both families are used; write the address to have one" },
};

#define SOURCE_OPTIONS (sizeof source_options / sizeof source_options[0])

static void take_source(struct draft *d, const struct words *w, const struct directive *row)
{
    struct draft_source *s = draft_add_source(d, strcmp(row->name, "pool") == 0, words_arg(w, 1));

    if (!s)
        return;
    if (*row->remark)
        draft_remark(d, "%s", row->remark);
    directive_source_options(d, s, w, 2, source_options, SOURCE_OPTIONS);
}

/* "SHM 0:perm=0644": whoever makes the memory first says who may write it. */
static void take_refclock(struct draft *d, const struct words *w, const struct directive *row)
{
    const char *driver = words_arg(w, 1), *parameter = words_arg(w, 2);
    char number[16];
    int64_t unit;

    snprintf(number, sizeof number, "%.*s", (int)strcspn(parameter, ":"), parameter);
    if (strcasecmp(driver, "SOCK") == 0) {
        reference_take(d, -1, parameter, w, 3);
        return;
    }
    if (strcasecmp(driver, "SHM") != 0 || !draft_integer(number, &unit) || unit < 0 || unit > 255) {
        draft_remark(d, "%s", row->remark);
        return;
    }
    if (strchr(parameter, ':'))
        draft_remark(d, "%.20s: the segments 0 and 1 are made for root alone, others for everybody, where they are not there yet", strchr(parameter, ':') + 1);
    reference_take(d, (int)unit, "", w, 3);
}

/* -- the clock -------------------------------------------------------------------------------------------------------------- */

static void take_min_sources(struct draft *d, const struct words *w, const struct directive *row)
{
    double v;

    (void)row;
    if (directive_number(d, w, 1, &v))
        draft_set_within(d, "clock", "min_sources", "", (double)(int64_t)v, 1, 16);
}

static void take_leap_mode(struct draft *d, const struct words *w, const struct directive *row)
{
    const char *mode = words_arg(w, 1);

    (void)row;
    if (strcasecmp(mode, "system") == 0)
        mode = "step";
    if (strcasecmp(mode, "step") == 0 || strcasecmp(mode, "slew") == 0 || strcasecmp(mode, "ignore") == 0)
        draft_set(d, "leap", "mode", "%s", strcasecmp(mode, "step") == 0 ? "step" : strcasecmp(mode, "slew") == 0 ? "slew" : "ignore");
    else
        draft_unknown(d, "mode of leap seconds", mode);
}

static void take_leap_zone(struct draft *d, const struct words *w, const struct directive *row)
{
    char path[512];

    (void)row;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%.400s", words_arg(w, 1));
    draft_set_path(d, "leap", "zone", path);
}

/* chronyd counts updates of the clock, we count steps: any limit but "always" allows the one within the first synchronisation. */
static void take_makestep(struct draft *d, const struct words *w, const struct directive *row)
{
    double threshold, limit;

    (void)row;
    if (!directive_number(d, w, 1, &threshold) || !directive_number(d, w, 2, &limit))
        return;
    draft_set_within(d, "clock", "step_threshold", "s", threshold, 1e-6, 86400);
    draft_set(d, "clock", "step_limit", limit < 0 ? "1000" : limit < 1 ? "0" : "1");
    if (threshold > 10 && !draft_has(d, "clock", "panic_threshold"))
        draft_set_within(d, "clock", "panic_threshold", "s", threshold, 0.001, 86400);
}

static void take_maxchange(struct draft *d, const struct words *w, const struct directive *row)
{
    double v;

    (void)row;
    if (!directive_number(d, w, 1, &v))
        return;
    draft_set_within(d, "clock", "panic_threshold", "s", v, 0.001, 86400);
    draft_remark(d, "a correction above it is refused and alarmed from the first synchronisation on; the daemon does not end by it");
}

static void take_maxclockerror(struct draft *d, const struct words *w, const struct directive *row)
{
    double v;

    (void)row;
    if (directive_number(d, w, 1, &v))
        draft_set_within(d, "clock", "max_drift", "ppm", v, 0.001, 15);
}

static void take_maxdrift(struct draft *d, const struct words *w, const struct directive *row)
{
    double v;

    (void)row;
    if (directive_number(d, w, 1, &v))
        draft_set_within(d, "clock", "max_frequency", "ppm", v, 15, 100000);
}

static void take_maxslewrate(struct draft *d, const struct words *w, const struct directive *row)
{
    double v;

    (void)row;
    if (directive_number(d, w, 1, &v))
        draft_set_within(d, "clock", "max_slew", "ppm", v, 1, 100000);
}

static void take_local(struct draft *d, const struct words *w, const struct directive *row)
{
    int64_t stratum;

    (void)row;
    draft_set(d, "local", "stratum", "10");
    for (unsigned i = 1; i < w->count; i++)
        if (strcasecmp(w->word[i], "stratum") == 0) {
            if (draft_integer(words_arg(w, ++i), &stratum))
                draft_set_within(d, "local", "stratum", "", (double)stratum, 1, 15);
            else
                draft_unknown(d, "stratum", words_arg(w, i));
        } else if (strcasecmp(w->word[i], "orphan") == 0) {
            draft_set(d, "local", "orphan", "true");
        } else if (strcasecmp(w->word[i], "distance") == 0 || strcasecmp(w->word[i], "activate") == 0 || strcasecmp(w->word[i], "waitsynced") == 0 ||
                   strcasecmp(w->word[i], "waitunsynced") == 0) {
            draft_remark(d, "%s: the statement holds while no source is known, whatever was before; its own error is `local.error`", w->word[i]);
            i++;
        } else {
            draft_unknown(d, "option of local", w->word[i]);
        }
}

/* -- serving ------------------------------------------------------------------------------------------------------------------ */

/* all: earlier lines about parts of it count no more. */
static void take_net(struct draft *d, enum draft_action action, const char *net, bool all)
{
    if (all)
        draft_forget_access(d, net);
    draft_access(d, action, net);
}

static void take_allow(struct draft *d, const struct words *w, const struct directive *row)
{
    enum draft_action action = strcmp(row->name, "allow") == 0 ? DRAFT_ALLOW : DRAFT_DENY;
    bool all = strcasecmp(words_arg(w, 1), "all") == 0;
    const char *net = words_arg(w, all ? 2 : 1);

    d->serves |= action == DRAFT_ALLOW;
    if (*net) {
        take_net(d, action, net, all);
        return;
    }
    take_net(d, action, "0.0.0.0/0", all);
    take_net(d, action, "::/0", all);
}

static void take_bind_address(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    if (strpbrk(words_arg(w, 1), "[]*") || words_arg(w, 1)[0] == '/')
        draft_remark(d, "\"%.60s\" is no numeric address; write it into ntp.listen by hand", words_arg(w, 1));
    else
        draft_listen(d, "ntp", "listen", words_arg(w, 1), d->port ? d->port : 123);
}

static void take_bind_device(struct draft *d, const struct words *w, const struct directive *row)
{
    char at[64];

    (void)row;
    snprintf(at, sizeof at, "*%%%.40s", words_arg(w, 1));
    draft_listen(d, "ntp", "listen", at, d->port ? d->port : 123);
}

static void take_port(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    directive_port(d, w, true);
}

/* One answer every 2^interval seconds is what chronyd limits by; ours is whole answers a second. */
static void take_ratelimit(struct draft *d, const struct words *w, const struct directive *row)
{
    int64_t interval = 3, burst = 8, leak = 2, *which;

    (void)row;
    for (unsigned i = 1; i < w->count; i += 2) {
        which = strcasecmp(w->word[i], "interval") == 0 ? &interval
                : strcasecmp(w->word[i], "burst") == 0  ? &burst
                : strcasecmp(w->word[i], "leak") == 0   ? &leak
                                                        : NULL;
        if (!which || !draft_integer(words_arg(w, i + 1), which)) {
            draft_unknown(d, "option of ratelimit", w->word[i]);
            return;
        }
    }
    if (interval > 0)
        draft_remark(d, "the strictest limit is one answer a second: that stands there now");
    draft_set_within(d, "rate_limit", "rate", "", (double)(interval >= 0 || interval < -20 ? 1 : 1LL << -interval), 1, 1000000);
    draft_set_within(d, "rate_limit", "burst", "", (double)burst, 1, 100000);
    draft_set_within(d, "rate_limit", "leak", "", (double)(leak < 0 ? 0 : 1LL << (leak > 16 ? 16 : leak)), 0, 65536);
}

static void take_hwtimestamp(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    if (strchr(words_arg(w, 1), '*') || !*words_arg(w, 1) || strlen(words_arg(w, 1)) > 15 || strpbrk(words_arg(w, 1), "\"\\?"))
        draft_remark(d, "each interface is named: hardware_timestamps: [eth0, ...]");
    else
        draft_add(d, "", "hardware_timestamps", "\"%s\"", words_arg(w, 1));
    if (w->count > 2)
        draft_remark(d, "\"%.60s\" and what follows: delays of the card and filters are found by themselves; nothing to do", w->word[2]);
}

/* -- keys and certificates -------------------------------------------------------------------------------------------------------- */

static void take_keyfile(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    if (draft_set_path(d, "keys", "file", words_arg(w, 1)))
        draft_set(d, "keys", "format", "chrony");
}

static void take_path(struct draft *d, const struct words *w, const struct directive *row)
{
    if (draft_has(d, "nts", row->remark))
        draft_remark(d, "one certificate is served; the first stands there");
    else
        draft_set_path(d, "nts", row->remark, words_arg(w, 1));
}

static void take_trusted(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    if (w->count > 2)
        draft_remark(d, "one set of trusted certificates is for all sources; put all into one file");
    draft_set_path(d, "nts", "trusted_certificates", words_arg(w, w->count > 2 ? 2 : 1));
}

static void take_nts_port(struct draft *d, const struct words *w, const struct directive *row)
{
    int64_t port;

    (void)row;
    if (!draft_integer(words_arg(w, 1), &port) || port < 1 || port > 65535)
        draft_remark(d, "\"%.60s\" is no port; write it into nts.listen by hand", words_arg(w, 1));
    else
        draft_listen(d, "nts", "listen", "*", (unsigned)port);
}

static void take_nts_server(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    if (conf_host_check(words_arg(w, 1)) != 0)
        draft_remark(d, "\"%.60s\" is not taken over; set nts.ntp_server by hand", words_arg(w, 1));
    else
        draft_set(d, "nts", "ntp_server", "\"%s\"", words_arg(w, 1));
}

static void take_nts_rotate(struct draft *d, const struct words *w, const struct directive *row)
{
    double v;

    (void)row;
    if (directive_number(d, w, 1, &v))
        draft_set_within(d, "nts", "cookie_key_lifetime", "s", v, 60, 30 * 86400);
}

static void take_authselect(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    if (strcasecmp(words_arg(w, 1), "ignore") != 0)
        draft_remark(d, "\"%.20s\": authenticated sources do not outweigh others; give every source nts or key to have the like of `require`", words_arg(w, 1));
}

static void take_nothing(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)d;
    (void)w;
    (void)row; /* it is so without a word */
}

/* -- the file ---------------------------------------------------------------------------------------------------------------------- */

/* Who is in no line is not answered by chronyd, but is by us where no item covers him. */
static void deny_the_rest(struct draft *d)
{
    static const char *const all[] = { "0.0.0.0/0", "::/0" };

    draft_line(d, 0, "");
    for (unsigned k = 0; k < 2 && d->serves; k++) {
        bool covered = false;

        for (unsigned i = 0; i < d->nets; i++)
            covered |= strcmp(d->net[i].net, all[k]) == 0;
        if (!covered)
            draft_access(d, DRAFT_DENY, all[k]);
    }
}

void import_chrony(struct draft *d, const char *bytes, size_t len)
{
    static const struct dialect dialect = { directives, sizeof directives / sizeof directives[0], "!;#%", "", "directive of chrony" };

    directives_read(d, &dialect, bytes, len);
    deny_the_rest(d);
}
