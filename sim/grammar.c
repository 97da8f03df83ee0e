/* Statements: the words that each may begin with, and the attributes that may follow. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "sim/option.h"
#include "sim/parser.h"
#include "sim/value.h"

const char *const story_leaps[] = { "none", "insert", "delete", "unknown", NULL };
const char *const story_smears[] = { "none", "linear", "cosine", "utc-sls", NULL };
const char *const story_invariants[] = { "bound", "forward", "usable", NULL };
const char *const story_tampers[] = { "nothing", "origin", "origin-zero", "receive-zero", "transmit-zero", "backwards", "short", "version", "mode",
    "alarm", "stratum-0", "stratum-16", "stratum-255", "kiss-deny", "kiss-rate", "kiss-unknown", "kiss-stratum", "port", "twice", "late", "bits", NULL };

/* The grammar. A form is its head: literal words, and of these
 *   SERVER CLIENT NODE  known names, also "a,b" and "a1..a4"      NEW  new names       DURATION RATIO INTEGER WORD  a value
 *   LEAP LAW TAMPER INVARIANT  a choice                               then named values of its group, in any order. */
enum group { GROUP_NONE, GROUP_CLIENT = 1, GROUP_SERVER = 2, GROUP_LINK = 4, GROUP_SOURCE = 8, GROUP_POOL = 16, GROUP_REFERENCE = 32 };

static const struct form { const char *head; enum deed deed; enum group group; } forms[] = {
    { "seed INTEGER", DEED_SEED, GROUP_NONE },
    { "start DATE", DEED_START, GROUP_NONE },
    { "run DURATION", DEED_RUN, GROUP_NONE },
    { "leap second LEAP at DATE", DEED_LEAP_SECOND, GROUP_NONE },
    { "probe DURATION", DEED_PROBE, GROUP_NONE },
    { "node server NEW", DEED_SERVER, GROUP_SERVER },
    { "node client NEW", DEED_CLIENT, GROUP_CLIENT },
    { "link NODE to NODE", DEED_LINK_ONE_WAY, GROUP_LINK },
    { "link NODE NODE", DEED_LINK, GROUP_LINK },
    { "source CLIENT NODE", DEED_SOURCE, GROUP_SOURCE },
    { "pool CLIENT WORD of NODE", DEED_POOL, GROUP_POOL },
    { "reference CLIENT SERVER", DEED_REFERENCE, GROUP_REFERENCE },
    { "CLIENT forgets WORD", DEED_FORGETS, GROUP_NONE },
    { "CLIENT resolves WORD to NODE", DEED_RESOLVES, GROUP_NONE },
    { "set CLIENT WORD WORD", DEED_SET, GROUP_NONE },
    { "excuse CLIENT INVARIANT", DEED_EXCUSE, GROUP_NONE },
    { "SERVER lies DURATION", DEED_LIES, GROUP_NONE },
    { "SERVER drifts RATIO", DEED_DRIFTS, GROUP_NONE },
    { "SERVER falls silent", DEED_SILENT, GROUP_NONE },
    { "SERVER answers again", DEED_ANSWERS, GROUP_NONE },
    { "SERVER loses its clock", DEED_LOSES_CLOCK, GROUP_NONE },
    { "SERVER finds its clock", DEED_FINDS_CLOCK, GROUP_NONE },
    { "SERVER announces stratum INTEGER", DEED_STRATUM, GROUP_NONE },
    { "SERVER announces leap LEAP", DEED_LEAP, GROUP_NONE },
    { "SERVER announces root delay DURATION", DEED_ROOT_DELAY, GROUP_NONE },
    { "SERVER announces root dispersion DURATION", DEED_ROOT_DISPERSION, GROUP_NONE },
    { "SERVER follows NODE", DEED_REFID_OF, GROUP_NONE },
    { "SERVER kisses WORD", DEED_KISSES, GROUP_NONE },
    { "SERVER tampers TAMPER", DEED_TAMPERS, GROUP_NONE },
    { "SERVER forges TAMPER", DEED_FORGES, GROUP_NONE },
    { "SERVER smears LAW", DEED_SMEARS, GROUP_NONE },
    { "SERVER leaves late DURATION", DEED_LEAVES_LATE, GROUP_NONE },
    { "CLIENT suspends DURATION", DEED_SUSPENDS, GROUP_NONE },
    { "CLIENT steps DURATION", DEED_STEPS, GROUP_NONE },
    { "CLIENT changes frequency RATIO", DEED_FREQUENCY, GROUP_NONE },
    { "CLIENT is retuned RATIO", DEED_RETUNED, GROUP_NONE },
    { "CLIENT raw jumps DURATION", DEED_RAW_JUMPS, GROUP_NONE },
    { "CLIENT moves DURATION", DEED_MOVES, GROUP_NONE },
    { "CLIENT core dies DURATION", DEED_CORE_DIES, GROUP_NONE },
    { "CLIENT reloads", DEED_RELOADS, GROUP_NONE },
    { "CLIENT restarts", DEED_RESTARTS, GROUP_NONE },
    { "CLIENT starts afresh", DEED_RESTARTS_AFRESH, GROUP_NONE },
    { "CLIENT reads leap file LEAP at DATE", DEED_LEAP_FILE, GROUP_NONE },
    { "CLIENT reads expired leap file LEAP at DATE", DEED_OLD_LEAP_FILE, GROUP_NONE },
    { "CLIENT takes NODE offline", DEED_OFFLINE, GROUP_NONE },
    { "CLIENT takes NODE online", DEED_ONLINE, GROUP_NONE },
    { "CLIENT refuses clock commands", DEED_REFUSES_COMMANDS, GROUP_NONE },
    { "CLIENT obeys clock commands", DEED_OBEYS_COMMANDS, GROUP_NONE },
    { "CLIENT network refuses", DEED_NETWORK_REFUSES, GROUP_NONE },
    { "CLIENT network works", DEED_NETWORK_WORKS, GROUP_NONE },
};

/* Of a walk in s/s: a year of 10 ppm a second stays below what is the largest frequency error elsewhere. */
#define WANDER_MAX 1e-5

enum attr_kind { ATTR_FLAG, ATTR_DUR, ATTR_RATIO, ATTR_NUMBER, ATTR_INTEGER, ATTR_PERCENT, ATTR_POLLS };

static const struct attr_row {
    const char *words;
    enum attribute attribute;
    enum attr_kind kind;
    unsigned groups;
    double low, high;   /* of a number */
} attr_rows[] = {
    { "drift", ATTR_DRIFT, ATTR_RATIO, GROUP_CLIENT },
    { "wander", ATTR_WANDER, ATTR_NUMBER, GROUP_CLIENT, 0, WANDER_MAX },
    { "within", ATTR_WITHIN, ATTR_RATIO, GROUP_CLIENT },
    { "offset", ATTR_OFFSET, ATTR_DUR, GROUP_CLIENT | GROUP_REFERENCE },
    { "temperature", ATTR_TEMPERATURE, ATTR_RATIO, GROUP_CLIENT },
    { "period", ATTR_PERIOD, ATTR_DUR, GROUP_CLIENT | GROUP_LINK },
    { "noise", ATTR_NOISE, ATTR_DUR, GROUP_CLIENT | GROUP_REFERENCE },
    { "knows", ATTR_KNOWS, ATTR_RATIO, GROUP_CLIENT },
    { "to", ATTR_TO, ATTR_RATIO, GROUP_CLIENT },
    { "steers", ATTR_STEER, ATTR_FLAG, GROUP_CLIENT },
    { "user stamps", ATTR_USER_STAMPS, ATTR_FLAG, GROUP_CLIENT },
    { "hardware stamps", ATTR_HARDWARE_STAMPS, ATTR_FLAG, GROUP_CLIENT },
    { "stratum", ATTR_STRATUM, ATTR_INTEGER, GROUP_SERVER, 0, UINT8_MAX },
    { "error", ATTR_ERROR, ATTR_DUR, GROUP_SERVER | GROUP_REFERENCE },
    { "every", ATTR_EVERY, ATTR_DUR, GROUP_REFERENCE },
    { "root delay", ATTR_ROOT_DELAY, ATTR_DUR, GROUP_SERVER },
    { "delay", ATTR_DELAY, ATTR_DUR, GROUP_LINK },
    { "jitter exponential", ATTR_EXPONENTIAL, ATTR_DUR, GROUP_LINK },
    { "jitter gaussian", ATTR_GAUSSIAN, ATTR_DUR, GROUP_LINK },
    { "jitter heavy", ATTR_HEAVY, ATTR_DUR, GROUP_LINK },
    { "jitter uniform", ATTR_UNIFORM, ATTR_DUR, GROUP_LINK },
    { "no jitter", ATTR_NO_JITTER, ATTR_FLAG, GROUP_LINK },
    { "congested", ATTR_CONGESTED, ATTR_DUR, GROUP_LINK },
    { "loss", ATTR_LOSS, ATTR_PERCENT, GROUP_LINK },
    { "duplicate", ATTR_DUPLICATE, ATTR_PERCENT, GROUP_LINK },
    { "reorder", ATTR_REORDER, ATTR_PERCENT, GROUP_LINK },
    { "by", ATTR_BY, ATTR_DUR, GROUP_LINK },
    { "poll", ATTR_POLL_MIN, ATTR_POLLS, GROUP_SOURCE | GROUP_POOL },
    { "prefer", ATTR_PREFER, ATTR_FLAG, GROUP_SOURCE },
    { "key", ATTR_KEY, ATTR_INTEGER, GROUP_SOURCE, 1, UINT32_MAX },
    { "burst", ATTR_BURST, ATTR_FLAG, GROUP_SOURCE | GROUP_POOL },
    { "no burst", ATTR_NO_BURST, ATTR_FLAG, GROUP_SOURCE | GROUP_POOL },
    { "interleaved", ATTR_INTERLEAVED, ATTR_FLAG, GROUP_SOURCE },
    { "not interleaved", ATTR_NOT_INTERLEAVED, ATTR_FLAG, GROUP_SOURCE },
    { "smear linear", ATTR_SMEAR_LINEAR, ATTR_FLAG, GROUP_SOURCE | GROUP_POOL },
    { "smear cosine", ATTR_SMEAR_COSINE, ATTR_FLAG, GROUP_SOURCE | GROUP_POOL },
    { "smear utc-sls", ATTR_SMEAR_UTC_SLS, ATTR_FLAG, GROUP_SOURCE | GROUP_POOL },
    { "members", ATTR_MEMBERS, ATTR_INTEGER, GROUP_POOL, 1, 4 },
};

#define ROWS(a) (sizeof(a) / sizeof(a)[0])

static bool is_placeholder(const char *slot) { return isupper((unsigned char)slot[0]); }

static int take_date(struct parser *p, unsigned at, struct utc_ns *start)
{
    if (value_date(p->word[at].text, start))
        return 0;
    return parser_fail(p, at, "\"%s\" is no date such as 2026-11-23 or 2036-02-07T06:00:00Z", p->word[at].text);
}

static int take_slot(struct parser *p, unsigned at, const char *slot, struct statement *st)
{
    uint64_t *set = st->who ? &st->whom : &st->who;

    if (strcmp(slot, "SERVER") == 0)
        return parser_take_nodes(p, at, set, NODE_SERVER);
    if (strcmp(slot, "CLIENT") == 0)
        return parser_take_nodes(p, at, set, NODE_CLIENT);
    if (strcmp(slot, "NODE") == 0)
        return parser_take_nodes(p, at, set, NODE_ANY);
    if (strcmp(slot, "NEW") == 0)
        return parser_take_new(p, at, st);
    if (strcmp(slot, "DURATION") == 0)
        return parser_take_duration(p, at, &st->x);
    if (strcmp(slot, "RATIO") == 0)
        return parser_take_ratio(p, at, &st->x);
    if (strcmp(slot, "INTEGER") == 0)
        return parser_take_integer(p, at, &st->x);
    if (strcmp(slot, "DATE") == 0)
        return take_date(p, at, &st->date);
    if (strcmp(slot, "LEAP") == 0)
        return parser_take_choice(p, at, &st->x, "a leap announcement", story_leaps);
    if (strcmp(slot, "LAW") == 0)
        return parser_take_choice(p, at, &st->x, "a smear", story_smears);
    if (strcmp(slot, "TAMPER") == 0)
        return parser_take_choice(p, at, &st->x, "a way to tamper", story_tampers);
    if (strcmp(slot, "INVARIANT") == 0)
        return parser_take_choice(p, at, &st->x, "an invariant", story_invariants);
    return parser_take_word(p, at, st);
}

/* How many words from `at` on fit the literal words and kinds of names of a form's head; *whole when all do. */
static unsigned head_fits(const struct parser *p, unsigned at, const struct form *f, bool *whole)
{
    char slot[STORY_WORD_MAX];
    unsigned i;

    for (i = 0; parser_row_word(f->head, i, slot); i++) {
        bool end = at + i >= p->count, fits = !end;

        if (!is_placeholder(slot))
            fits = !end && strcmp(slot, p->word[at + i].text) == 0;
        else if (i == 0)
            fits = !end && parser_is_name_list(p, at, slot[0] == 'C' ? NODE_CLIENT : NODE_SERVER);
        else if (strcmp(slot, "NODE") == 0)
            fits = !end && parser_is_name_list(p, at + i, NODE_ANY);
        if (!fits) {
            *whole = false;
            return i;
        }
    }
    *whole = true;
    return i;
}

static const struct form *form_find(struct parser *p, unsigned at, unsigned *length)
{
    const char *expected[ROWS(forms) + STORY_NODES_MAX];
    char slot[ROWS(forms)][STORY_WORD_MAX];
    unsigned furthest = 0, count = 0;
    bool whole;

    for (size_t i = 0; i < ROWS(forms); i++) {
        unsigned n = head_fits(p, at, &forms[i], &whole);

        if (whole) {
            *length = n;
            return &forms[i];
        }
        if (n > furthest) {
            furthest = n;
            count = 0;
        }
        if (n == furthest && parser_row_word(forms[i].head, n, slot[count]))
            expected[count] = slot[count], count++;
    }
    if (furthest == 0) {
        count = 0;
        for (size_t i = 0; i < ROWS(forms); i++)
            if (parser_row_word(forms[i].head, 0, slot[i]) && !is_placeholder(slot[i]))
                expected[count++] = slot[i];
        for (unsigned n = 0; n < p->story->node_count; n++)
            expected[count++] = p->story->node[n].name;
    }
    parser_fail_unknown(p, at + furthest, furthest ? "what can follow here" : "a statement or the name of a node", expected, count);
    return NULL;
}

static int take_polls(struct parser *p, unsigned at, struct attributes *a)
{
    int low, high, used = 0;
    const char *text = p->word[at].text;

    if (sscanf(text, "%d..%d%n", &low, &high, &used) == 2 && text[used] == '\0')
        ;
    else if (sscanf(text, "%d%n", &low, &used) == 1 && text[used] == '\0')
        high = low;
    else
        return parser_fail(p, at, "\"%s\" is no poll interval such as 6 or 6..10 (log2 of seconds)", text);
    a->value[ATTR_POLL_MIN] = low;
    a->value[ATTR_POLL_MAX] = high;
    a->given |= UINT64_C(1) << ATTR_POLL_MAX;
    return 0;
}

static int take_number(struct parser *p, unsigned at, const struct attr_row *r, double *v)
{
    const char *what = r->kind == ATTR_INTEGER ? "whole number" : "number";

    if (value_number(p->word[at].text, v) && *v >= r->low && *v <= r->high && (r->kind != ATTR_INTEGER || *v == floor(*v)))
        return 0;
    return parser_fail(p, at, "\"%s\" is no %s from %.10g to %.10g", p->word[at].text, what, r->low, r->high);
}

static int take_attribute(struct parser *p, unsigned at, const struct attr_row *r, struct attributes *a)
{
    double *v = &a->value[r->attribute];

    a->given |= UINT64_C(1) << r->attribute;
    switch (r->kind) {
    case ATTR_FLAG:
        *v = 1;
        return 0;
    case ATTR_DUR:
        return parser_take_duration(p, at, v);
    case ATTR_RATIO:
        return parser_take_ratio(p, at, v);
    case ATTR_NUMBER:
    case ATTR_INTEGER:
        return take_number(p, at, r, v);
    case ATTR_PERCENT:
        return value_percent(p->word[at].text, v) ? 0 : parser_fail(p, at, "\"%s\" is no percentage from 0%% to 100%%", p->word[at].text);
    default:
        return take_polls(p, at, a);
    }
}

static const struct attr_row *attr_find(const struct parser *p, unsigned at, enum group g, unsigned *length)
{
    for (size_t i = 0; i < ROWS(attr_rows); i++)
        if ((attr_rows[i].groups & g) && parser_words_match(p, at, attr_rows[i].words, length))
            return &attr_rows[i];
    return NULL;
}

#define ATTR_WORD_MAX 24

/* A property of two words is looked for by the first, and by the second once that is right. */
static int fail_attribute(struct parser *p, unsigned at, enum group g)
{
    char word[ROWS(attr_rows)][ATTR_WORD_MAX];
    const char *known[ROWS(attr_rows)];
    unsigned count = 0, begun = 0;

    for (unsigned pass = 0; pass < 2 && begun == 0; pass++)
        for (size_t i = 0; i < ROWS(attr_rows); i++) {
            const char *first = attr_rows[i].words, *second = strchr(first, ' ');
            int len = (int)strcspn(first, " ");
            bool same = second && strncmp(p->word[at].text, first, (size_t)len) == 0 && p->word[at].text[len] == '\0';

            if (!(attr_rows[i].groups & g) || (pass == 0 && !same))
                continue;
            begun = pass == 0;
            snprintf(word[count], ATTR_WORD_MAX, "%.*s", pass == 0 ? ATTR_WORD_MAX : len, pass == 0 ? second + 1 : first);
            known[count] = word[count];
            count++;
        }
    return parser_fail_unknown(p, at + begun, "a property it can have", known, count);
}

static int take_attributes(struct parser *p, unsigned at, enum group g, struct attributes *a)
{
    while (at < p->count) {
        unsigned length = 0;
        const struct attr_row *r = attr_find(p, at, g, &length);
        int err;

        if (!r)
            return g ? fail_attribute(p, at, g) : parser_fail(p, at, "nothing more is expected on this line");
        err = take_attribute(p, at + length, r, a);
        if (err)
            return err;
        at += length + (r->kind != ATTR_FLAG);
    }
    return 0;
}

static int check_set(struct parser *p, unsigned at, const struct statement *st)
{
    struct engine_options scratch;
    const char *keys[OPTION_KEYS_MAX];
    int err;

    option_defaults(&scratch);
    err = option_set(&scratch, st->word[0], st->word[1]);
    if (err == -UE_NO_NAME)
        return parser_fail_unknown(p, at + 2, "an option of the engine", keys, option_keys(false, keys));
    return err ? parser_fail(p, at + 3, "\"%s\": %s", st->word[1], ue_text(err)) : 0;
}

/* The story's own frame, which holds from the start. */
static int apply_frame(struct parser *p, const struct statement *st)
{
    struct story *s = p->story;

    if (st->deed == DEED_START)
        s->start = st->date;
    else if (st->deed == DEED_SEED)
        s->seed = st->x > 0 && st->x < 0x1p63 ? (uint64_t)st->x : 0;
    else if (st->deed == DEED_RUN)
        s->run = (struct dur_ns){ (int64_t)st->x };
    else if (st->deed == DEED_PROBE)
        s->probe = (struct dur_ns){ (int64_t)st->x };
    return s->run.ns > 0 && s->probe.ns > 0 ? 0 : parser_fail(p, 1, "this must be longer than nothing");
}

int parser_deed(struct parser *p, unsigned at, struct statement *st)
{
    char slot[STORY_WORD_MAX];
    unsigned length = 0;
    const struct form *f = form_find(p, at, &length);
    int err = f ? 0 : -UE_SYNTAX;

    if (err)
        return err;
    st->deed = f->deed;
    if (st->at.ns > 0 && st->deed <= DEED_CLIENT)
        return parser_fail(p, at, "this holds from the start; it cannot follow \"at\"");
    if (st->at.ns == 0 && (st->deed == DEED_SUSPENDS || (st->deed >= DEED_MOVES && st->deed <= DEED_ONLINE)))
        return parser_fail(p, at, "this happens after the start: begin with \"at\" and a time");
    for (unsigned i = 0; parser_row_word(f->head, i, slot) && err == 0; i++)
        if (is_placeholder(slot))
            err = take_slot(p, at + i, slot, st);
    if (err == 0)
        err = take_attributes(p, at + length, f->group, &st->attr);
    if (err == 0 && st->deed == DEED_SET)
        err = check_set(p, at, st);
    return err ? err : apply_frame(p, st);
}
