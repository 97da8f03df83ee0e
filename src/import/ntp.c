/* ntp.conf(5): one command a line, comments from # on. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "import/directive.h"
#include "import/formats.h"
#include "import/reference.h"

typedef void take_fn(struct draft *, const struct words *, const struct directive *);
static take_fn take_source, take_keys, take_nts, take_limit, take_restrict, take_tos, take_tinker, take_interface,
    take_port, take_refclock, take_fudge;

static const struct directive directives[] = {
#define DIRECTIVE(name, handler, remark) { #name, handler, remark },
#include "import/ntp.def"
#undef DIRECTIVE
};

/* -- sources ---------------------------------------------------------------------------------------------------------------- */

static const struct source_option source_options[] = {
    { "preempt", 0, -1, 0, 0, "members of a pool are replaced when they are bad; nothing to do" },
    { "true", 0, -1, 0, 0, "no source is trusted against the others; authenticate it (nts, key) or have more of them" },
    { "autokey", 0, -1, 0, 0, "Autokey is broken and not offered; use nts" },
    { "bias", 1, -1, 0, 0, "there are no offsets by hand; correct the server, or leave the source out" },
    { "mode", 1, -1, 0, 0, "it is for reference clocks; nothing to do" },
    { "ttl", 1, -1, 0, 0, "multicast is not offered; nothing to do" },
    { "ca", 1, -1, 0, 0, "one set of trusted certificates is for all sources: nts.trusted_certificates" },
    { "cert", 1, -1, 0, 0, "no certificates of clients are shown; nothing to do" },
    { "noval", 0, -1, 0, 0, "certificates are always checked; give nts.trusted_certificates what vouches for this server" },
    { "require", 1, -1, 0, 0, "keys come from the server that is named; nothing to do" },
    { "ask", 1, -1, 0, 0, "the NTS server itself names the server for the time; nothing to do" },
    { "aead", 1, -1, 0, 0, "AES-SIV-CMAC-256 and -512 are offered, and AES-128-GCM-SIV where it is built in; nothing to do" },
};

#define SOURCE_OPTIONS (sizeof source_options / sizeof source_options[0])

/* -4, -6 before an address and the like. */
static bool is_family(const char *word)
{
    return strcmp(word, "-4") == 0 || strcmp(word, "-6") == 0 || strcmp(word, "--ipv4") == 0 || strcmp(word, "--ipv6") == 0;
}

static const char not_built[] =
    "of reference clocks only SHM (127.127.28.u) is built; stay with ntpd on this machine, or let it serve on loopback and name it here as a server";

/* The unit of 127.127.28.u, or -1. */
static int unit_of(const char *host)
{
    int64_t unit;

    return strncmp(host, "127.127.28.", 11) == 0 && draft_integer(host + 11, &unit) && unit >= 0 && unit <= 255 ? (int)unit : -1;
}

/* 127.127.1.u is the machine's own clock by decree, other 127.127.t.u are reference clocks. */
static bool is_local_clock(const char *host) { return strncmp(host, "127.127.1.", 10) == 0; }

static bool take_driver(struct draft *d, const char *host, const struct words *w, unsigned from)
{
    if (strncmp(host, "127.127.", 8) != 0)
        return false;
    if (unit_of(host) >= 0) {
        reference_take(d, unit_of(host), "", w, from);
        return true;
    }
    if (is_local_clock(host)) {
        draft_set(d, "local", "stratum", "10");
        draft_remark(d, "the local clock is a statement, served while no source is known: `local`, stratum 10; see whether that and its error of 1s will do");
    } else {
        draft_remark(d, "%s", not_built);
    }
    return true;
}

static void take_source(struct draft *d, const struct words *w, const struct directive *row)
{
    unsigned at = is_family(words_arg(w, 1)) ? 2 : 1;
    struct draft_source *s = take_driver(d, words_arg(w, at), w, at + 1) ? NULL : draft_add_source(d, strcmp(row->name, "pool") == 0, words_arg(w, at));

    if (!s)
        return;
    if (*row->remark)
        draft_remark(d, "%s", row->remark);
    if (at == 2)
        draft_remark(d, "both families are used; write the address to have one");
    directive_source_options(d, s, w, at + 1, source_options, SOURCE_OPTIONS);
}

/* NTPsec: refclock shm unit 0 ... */
static void take_refclock(struct draft *d, const struct words *w, const struct directive *row)
{
    int64_t unit = 0;

    for (unsigned i = 2; i + 1 < w->count; i++)
        if (strcasecmp(w->word[i], "unit") == 0 && !draft_integer(w->word[i + 1], &unit))
            unit = -1;
    if (strcasecmp(words_arg(w, 1), "shm") == 0 && unit >= 0 && unit <= 255)
        reference_take(d, (int)unit, "", w, 2);
    else
        draft_remark(d, "%s", row->remark);
}

/* The driver of the local clock: its stratum is the statement's. */
static void fudge_local(struct draft *d, const struct words *w)
{
    int64_t stratum;

    for (unsigned i = 2; i < w->count; i += 2)
        if (strcasecmp(w->word[i], "stratum") == 0 && draft_integer(words_arg(w, i + 1), &stratum))
            draft_set_within(d, "local", "stratum", "", (double)stratum, 1, 15);
        else
            draft_remark(d, "%.20s: of the local clock the stratum alone is taken", w->word[i]);
}

static void take_fudge(struct draft *d, const struct words *w, const struct directive *row)
{
    struct draft_source *s = unit_of(words_arg(w, 1)) >= 0 ? draft_find_reference(d, unit_of(words_arg(w, 1))) : NULL;

    if (s)
        reference_options(d, s, w, 2);
    else if (is_local_clock(words_arg(w, 1)) && draft_has(d, "local", "stratum"))
        fudge_local(d, w);
    else
        draft_remark(d, "%s", row->remark);
}

/* -- who is answered ------------------------------------------------------------------------------------------------------------ */

/* The prefix of a netmask such as 255.255.255.0 or ffff:ffff::; -1 when it is none. */
static int bits_of_mask(const char *mask)
{
    struct net_addr m;
    int most, bits = 0;

    if (strpbrk(mask, "[]*%") || addr_from_text(mask, 0, &m) != 0 || m.port)
        return -1;
    most = m.family == ADDR_IPV4 ? 32 : 128;
    while (bits < most && m.bytes[bits / 8] & 0x80 >> bits % 8)
        bits++;
    for (int b = bits; b < most; b++)
        if (m.bytes[b / 8] & 0x80 >> b % 8)
            return -1;
    return bits;
}

/* What a flag of `restrict` is to us. Those about mode 6 and 7 queries are so without a word: nothing but time is told over NTP. */
static const struct { const char *name; enum { PLAIN, REFUSE, AUTHENTICATE, LIMIT, NAMED } meaning; const char *remark; } flags[] = {
    { "ignore", REFUSE, "" },       { "noserve", REFUSE, "" },       { "notrust", AUTHENTICATE, "" }, { "limited", LIMIT, "" },
    { "kod", PLAIN, "" },           { "nomodify", PLAIN, "" },       { "noquery", PLAIN, "" },        { "nopeer", PLAIN, "" },
    { "notrap", PLAIN, "" },        { "lowpriotrap", PLAIN, "" },    { "nomrulist", PLAIN, "" },      { "noepeer", PLAIN, "" },
    { "version", PLAIN, "" },       { "serverresponse", PLAIN, "" },
    { "flake", NAMED, "answers are not dropped at random; nothing to do" },
    { "ntpport", NAMED, "the client's port makes no difference; nothing to do" },
    { "mssntp", NAMED, "MS-SNTP signing by Samba is not built" },
    { "ippeerlimit", NAMED, "there are no symmetric associations to limit; nothing to do" },
};

static void take_flag(struct draft *d, const char *word, enum draft_action *action)
{
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcasecmp(flags[i].name, word) != 0)
            continue;
        if (flags[i].meaning == REFUSE)
            *action = DRAFT_DENY;
        if (flags[i].meaning == AUTHENTICATE && *action == DRAFT_ALLOW)
            *action = DRAFT_AUTHENTICATE;
        if (flags[i].meaning == LIMIT && !draft_has(d, "rate_limit", "rate"))
            draft_set(d, "rate_limit", "rate", "32");
        if (flags[i].meaning == NAMED)
            draft_remark(d, "%s: %s", flags[i].name, flags[i].remark);
        return;
    }
    draft_unknown(d, "flag of restrict", word);
}

static void take_restrict(struct draft *d, const struct words *w, const struct directive *row)
{
    unsigned at = is_family(words_arg(w, 1)) ? 2 : 1, i = at + 1;
    enum draft_action action = DRAFT_ALLOW;
    const char *net = words_arg(w, at);
    char text[80];

    (void)row;
    if (strcasecmp(net, "source") == 0) {
        draft_remark(d, "servers that are asked need no line of their own; nothing to do");
        return;
    }
    if (strcasecmp(words_arg(w, i), "mask") == 0) {
        int bits = bits_of_mask(words_arg(w, i + 1));

        if (bits < 0) {
            draft_remark(d, "the mask \"%.60s\" is no prefix; write the networks it covers into `access`", words_arg(w, i + 1));
            return;
        }
        snprintf(text, sizeof text, "%.60s/%d", net, bits);
        net = text;
        i += 2;
    }
    for (; i < w->count; i++)
        take_flag(d, w->word[i], &action);
    if (strcasecmp(net, "default") != 0) {
        draft_access(d, action, net);
        return;
    }
    if (strcmp(words_arg(w, 1), "-6") != 0)
        draft_access(d, action, "0.0.0.0/0");
    if (strcmp(words_arg(w, 1), "-4") != 0)
        draft_access(d, action, "::/0");
}

static void take_limit(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)w;
    (void)row;
    if (!draft_has(d, "rate_limit", "rate"))
        draft_set(d, "rate_limit", "rate", "32");
    draft_remark(d, "limits are counted otherwise: so many answers a second in the long run (rate_limit.rate) and at once (rate_limit.burst)");
}

static void take_interface(struct draft *d, const struct words *w, const struct directive *row)
{
    const char *what = words_arg(w, 2);

    (void)row;
    if (strcasecmp(words_arg(w, 1), "listen") != 0)
        draft_remark(d, "what is not in ntp.listen is not listened on; nothing to do if that names what is wanted");
    else if (strchr("0123456789", *what) || strchr(what, ':'))
        draft_listen(d, "ntp", "listen", what, d->port);
    else if (strcasecmp(what, "all") != 0 && strcasecmp(what, "wildcard") != 0 && strcasecmp(what, "ipv4") != 0 && strcasecmp(what, "ipv6") != 0) {
        char at[64];

        snprintf(at, sizeof at, "*%%%.40s", what);
        draft_listen(d, "ntp", "listen", at, d->port);
    }
}

static void take_port(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    directive_port(d, w, false);
}

/* -- the clock ------------------------------------------------------------------------------------------------------------------- */

/* Pairs of a word and a number. */
static void take_pairs(struct draft *d, const struct words *w, void (*take)(struct draft *, const char *word, double v))
{
    double v;

    for (unsigned i = 1; i + 1 < w->count; i += 2)
        if (draft_decimal(w->word[i + 1], &v))
            take(d, w->word[i], v);
        else
            draft_remark(d, "\"%.60s\" is no number", w->word[i + 1]);
}

static void take_tos_pair(struct draft *d, const char *word, double v)
{
    if (strcasecmp(word, "minsane") == 0)
        draft_set_within(d, "clock", "min_sources", "", (double)(int64_t)v, 1, 16);
    else if (strcasecmp(word, "orphan") == 0) {
        draft_set_within(d, "local", "stratum", "", (double)(int64_t)v, 1, 15);
        draft_set(d, "local", "orphan", "true");
    } else
        draft_remark(d, "%.20s: which sources are used follows from their bounds; a pool's `members` says how many are asked", word);
}

static void take_tos(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    take_pairs(d, w, take_tos_pair);
}

static void take_tinker_pair(struct draft *d, const char *word, double v)
{
    if (strcasecmp(word, "panic") == 0)
        draft_set_within(d, "clock", "panic_threshold", "s", v > 0 ? v : 86400, 0.001, 86400);
    else if (strcasecmp(word, "step") == 0 && v > 0)
        draft_set_within(d, "clock", "step_threshold", "s", v, 1e-6, 86400);
    else if (strcasecmp(word, "step") == 0)
        draft_set(d, "clock", "step_limit", "0");
    else
        draft_remark(d, "%.20s: how the clock is followed is found by measuring; nothing to do", word);
}

static void take_tinker(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    take_pairs(d, w, take_tinker_pair);
}

/* -- keys and certificates ------------------------------------------------------------------------------------------------------------ */

static void take_keys(struct draft *d, const struct words *w, const struct directive *row)
{
    (void)row;
    if (draft_set_path(d, "keys", "file", words_arg(w, 1)))
        draft_set(d, "keys", "format", "ntp");
}

static void take_nts(struct draft *d, const struct words *w, const struct directive *row)
{
    static const struct { const char *word, *key; } path[] = { { "cert", "certificate" }, { "key", "private_key" }, { "ca", "trusted_certificates" } };

    (void)row;
    for (unsigned i = 1; i < w->count; i++) {
        const char *word = w->word[i], *key = NULL;

        if (strcasecmp(word, "enable") == 0 || strcasecmp(word, "disable") == 0)
            continue; /* a certificate and a key enable it */
        for (size_t k = 0; k < sizeof path / sizeof path[0]; k++)
            if (strcasecmp(word, path[k].word) == 0)
                key = path[k].key;
        i++;
        if (key)
            draft_set_path(d, "nts", key, words_arg(w, i));
        else
            draft_remark(d, "nts %.20s: TLS 1.3 and its parameters are fixed, keys of cookies live in memory; nothing to do", word);
    }
}

/* -- the file ---------------------------------------------------------------------------------------------------------------------------- */

/* ntpd always serves, on every address. */
void import_ntp(struct draft *d, const char *bytes, size_t len)
{
    static const struct dialect dialect = { directives, sizeof directives / sizeof directives[0], "", "#", "command of ntpd" };

    d->serves = true;
    directives_read(d, &dialect, bytes, len);
}
