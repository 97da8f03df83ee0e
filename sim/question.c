#include "sim/question.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "sim/value.h"

#define WORDS_MAX 8
#define WORD_MAX 80
#define KELVIN_MAX 100.0
#define CUT_MAX_NS (INT64_C(30) * 86400 * NS_PER_S)
#define LIE_MAX_NS (INT64_C(3650) * 86400 * NS_PER_S)

struct reading {
    unsigned count;
    char word[WORDS_MAX][WORD_MAX];
    const struct snapshot *s;
    char *error;
};

__attribute__((format(printf, 2, 3))) static int fail(struct reading *r, const char *format, ...)
{
    char text[QUESTION_ERROR_MAX];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    text_printable(text, r->error, QUESTION_ERROR_MAX);
    return -UE_SYNTAX;
}

/* "°C" is "C". */
static void drop_degree(char *word)
{
    char *sign = strstr(word, "\xc2\xb0");

    if (sign)
        memmove(sign, sign + 2, strlen(sign + 2) + 1);
}

static int split(struct reading *r, const char *text)
{
    while (*(text += strspn(text, " \t")) != '\0') {
        size_t len = strcspn(text, " \t");

        if (r->count == WORDS_MAX || len >= WORD_MAX)
            return fail(r, "this question is too long");
        memcpy(r->word[r->count], text, len);
        r->word[r->count][len] = '\0';
        drop_degree(r->word[r->count++]);
        text += len;
    }
    return 0;
}

static bool is_temperature(const char *word) { return strcmp(word, "C") == 0 || strcmp(word, "K") == 0; }

/* "10 s" is "10s". A number without a unit is one of seconds, so what follows it is either its unit or one word too many. */
static bool is_number_and_unit(const char *number, const char *unit, char out[WORD_MAX])
{
    struct dur_ns d;
    double v;

    return value_number(number, &v) && !strchr("0123456789+-.", unit[0]) && snprintf(out, WORD_MAX, "%s%s", number, unit) < WORD_MAX
           && (value_duration(out, &d) || value_ratio(out, &v) || is_temperature(unit));
}

static void join_units(struct reading *r)
{
    for (unsigned i = 0; i + 1 < r->count; i++) {
        char joined[WORD_MAX];

        if (!is_number_and_unit(r->word[i], r->word[i + 1], joined))
            continue;
        memcpy(r->word[i], joined, sizeof joined);
        memmove(r->word[i + 1], r->word[i + 2], (r->count - i - 2) * sizeof r->word[0]);
        r->count--;
    }
}

static bool is_called(const struct snapshot_source *s, uint32_t index, const char *word)
{
    struct net_addr a;
    char number[16];

    snprintf(number, sizeof number, "s%u", (unsigned)index + 1);
    return strcmp(s->name, word) == 0 || strcmp(number, word) == 0 || (addr_from_text(word, 0, &a) == 0 && addr_same_host(&a, &s->addr));
}

bool question_source_tells(const struct snapshot_source *s)
{
    return s->last_answer_age.ns >= 0 && s->state != SOURCE_OFFLINE && s->state != SOURCE_UNREACHABLE && s->state != SOURCE_REFUSED;
}

static int take_source(struct reading *r, unsigned at, uint32_t *index)
{
    unsigned found = 0;

    for (uint32_t i = 0; i < r->s->source_count; i++)
        if (at < r->count && is_called(&r->s->source[i], i, r->word[at])) {
            *index = i;
            found++;
        }
    if (at >= r->count)
        return fail(r, "'%s' needs a source, as 'utcctl sources' names it", r->word[0]);
    if (found == 0)
        return fail(r, "there is no source '%s'; 'utcctl sources' lists all", r->word[at]);
    if (found > 1)
        return fail(r, "%u sources are called '%s': give an address instead", found, r->word[at]);
    if (r->s->source[*index].last_answer_age.ns < 0)
        return fail(r, "'%s' has never answered, so nothing is known of it", r->word[at]);
    if (r->s->source[*index].state == SOURCE_OFFLINE)
        return fail(r, "'%s' is offline; 'utcctl sources online' has it asked again", r->word[at]);
    return 0;
}

static int take_duration(struct reading *r, unsigned at, int64_t low_ns, int64_t high_ns, const char *example, struct dur_ns *out)
{
    char low[24], high[24];

    if (at >= r->count || !value_duration(r->word[at], out))
        return fail(r, "'%s' needs a time such as %s", r->word[0], example);
    if (out->ns < low_ns || out->ns > high_ns)
        return fail(r, "%s is out of range: '%s' takes a time from %s to %s", r->word[at], r->word[0], ns_to_text(low_ns, low), ns_to_text(high_ns, high));
    return 0;
}

static int parse_lie(struct reading *r, struct question *q, unsigned *used)
{
    int err = take_source(r, 1, &q->source);

    *used = 3;
    if (err)
        return err;
    if (!question_source_tells(&r->s->source[q->source]))
        return fail(r, "'%s' gives no time at present, so a lie of it would change nothing", r->word[1]);
    return take_duration(r, 2, -LIE_MAX_NS, LIE_MAX_NS, "+10s", &q->amount);
}

static int parse_cut(struct reading *r, struct question *q, unsigned *used)
{
    *used = 2;
    return take_duration(r, 1, NS_PER_S, CUT_MAX_NS, "6h", &q->amount);
}

static int parse_temperature(struct reading *r, struct question *q, unsigned *used)
{
    char number[WORD_MAX];
    size_t len = r->count > 1 ? strlen(r->word[1]) : 0;
    double ratio;

    q->ppm_per_kelvin = QUESTION_PPM_PER_KELVIN;
    *used = 2;
    snprintf(number, sizeof number, "%.*s", (int)(len ? len - 1 : 0), len ? r->word[1] : "");
    if (len == 0 || (r->word[1][len - 1] != 'C' && r->word[1][len - 1] != 'K') || !value_number(number, &q->kelvin))
        return fail(r, "'temperature' needs a difference such as +15C");
    if (!(fabs(q->kelvin) <= KELVIN_MAX))
        return fail(r, "%s is out of range: 'temperature' takes a difference of at most %dC", r->word[1], (int)KELVIN_MAX);
    if (r->count < 3)
        return 0;
    *used = 3;
    if (!value_ratio(r->word[2], &ratio) || !(fabs(ratio) <= 1e-4))
        return fail(r, "'%s' is no change per kelvin such as 0.1ppm", r->word[2]);
    q->ppm_per_kelvin = ratio * 1e6;
    return 0;
}

static int parse_add(struct reading *r, struct question *q, unsigned *used)
{
    int err = 0;

    q->delay = q->jitter = (struct dur_ns){ -1 };
    for (*used = 1; err == 0 && *used < r->count; *used += 2) {
        bool delay = strcmp(r->word[*used], "delay") == 0;

        if (!delay && strcmp(r->word[*used], "jitter") != 0)
            break;
        err = take_duration(r, *used + 1, 0, 2 * NS_PER_S, "20ms", delay ? &q->delay : &q->jitter);
    }
    return err;
}

static int parse_remove(struct reading *r, struct question *q, unsigned *used)
{
    *used = 2;
    return take_source(r, 1, &q->source);
}

static const struct { const char *word; int (*parse)(struct reading *, struct question *, unsigned *); } kinds[QUESTION_KINDS] = {
    [QUESTION_LIE] = { "lie", parse_lie }, [QUESTION_CUT] = { "cut", parse_cut },          [QUESTION_TEMPERATURE] = { "temperature", parse_temperature },
    [QUESTION_ADD] = { "add", parse_add }, [QUESTION_REMOVE] = { "remove", parse_remove },
};

int question_parse(const char *text, const struct snapshot *s, struct question *q, char error[QUESTION_ERROR_MAX])
{
    struct reading r = { .s = s, .error = error };
    unsigned used = 0;
    int err = split(&r, text);

    join_units(&r);
    *q = (struct question){ .kind = QUESTION_KINDS };
    for (int k = 0; err == 0 && r.count > 0 && k < QUESTION_KINDS; k++)
        if (strcmp(r.word[0], kinds[k].word) == 0) {
            q->kind = (enum question_kind)k;
            err = kinds[k].parse(&r, q, &used);
        }
    if (err)
        return err;
    if (q->kind == QUESTION_KINDS)
        return fail(&r, "ask 'lie SOURCE +10s', 'cut 6h', 'temperature +15C', 'add' or 'remove SOURCE'");
    return used < r.count ? fail(&r, "'%s' is one word too many", r.word[used]) : 0;
}

const char *question_text(const struct question *q, const struct snapshot *s, char *out, size_t size)
{
    char ns[32], name[4 * SNAPSHOT_NAME_MAX];

    text_printable(s->source[q->source].name, name, sizeof name);
    switch (q->kind) {
    case QUESTION_LIE:
        snprintf(out, size, "%s were wrong by %s%s", name, q->amount.ns > 0 ? "+" : "", ns_to_text(q->amount.ns, ns));
        break;
    case QUESTION_CUT:
        snprintf(out, size, "no answer came for %s", ns_to_text(q->amount.ns, ns));
        break;
    case QUESTION_TEMPERATURE:
        snprintf(out, size, "the temperature changed by %+g K, the oscillator by %g ppm per kelvin", q->kelvin, q->ppm_per_kelvin);
        break;
    case QUESTION_REMOVE:
        snprintf(out, size, "%s were not there", name);
        break;
    default:
        snprintf(out, size, "there were one source more");
        break;
    }
    return out;
}
