#include "clock/memory.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "clock/noise.h"

#define HEAD_1 "simple-utcd drift 1\n"
#define HEAD "simple-utcd clock 2\n"
#define HEAD_ANY "simple-utcd "
#define PLAUSIBLE_PPM 1e6   /* no clock can be further off; such a number is damage */
#define TAIL_LEN 18         /* "checksum xxxxxxxx\n" */
#define TAI_WORD "tai_minus_utc_s " /* a line that may be missing: earlier texts have none */
#define STATED_WORD "stated_ns "        /* and so may this */
#define TAI_MINUS_UTC_MAX_S 1000
/* Of a law: more says no more, and is written as this, since no more is read. */
#define DELAY_MOST_S 1000.0
#define ERROR_VAR_MOST 1e6
#define BODY_MOST 1e9       /* squares of its scale */
#define TRUST_SAMPLES 64    /* a remembered law counts as much as so many samples: a day later the path may be another */

/* FNV-1a (Fowler, Noll, Vo): finds torn and flipped bytes, guards against nobody. */
static uint32_t checksum(const char *text, size_t len)
{
    uint32_t h = UINT32_C(2166136261);

    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)text[i]) * UINT32_C(16777619);
    return h;
}

/* ---- writing ---- */

struct text { char *at, *end; };

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *format, ...)
{
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(t->at, (size_t)(t->end - t->at), format, ap);
    va_end(ap);
    assert(n > 0 && n < t->end - t->at); /* CLOCK_MEMORY_TEXT_MAX has room for the longest numbers of all sources */
    t->at += n;
}

static void put_source(struct text *t, const char *name, const struct clock_noise *n)
{
    put(t, "source %s %.9g %.9g %.9g %u", name, fmin(n->floor_s, DELAY_MOST_S), fmin(n->scale_s, DELAY_MOST_S),
        fmin(n->error_var, ERROR_VAR_MOST), n->samples);
    for (unsigned b = 0; b < CLOCK_NOISE_BINS; b++) {
        for (unsigned p = 0; p < NOISE_PARTS; p++)
            put(t, " %.6g", n->bin[b].share[p]);
        put(t, " %.6g", fmin(n->bin[b].body, BODY_MOST));
    }
    put(t, "\n");
}

/* A name must stay one word of the line. */
static bool is_word(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s; s++)
        if (!isgraph((unsigned char)*s))
            return false;
    return true;
}

size_t clock_memory_to_text(const struct clock_memory *m, char out[CLOCK_MEMORY_TEXT_MAX])
{
    struct text t = { out, out + CLOCK_MEMORY_TEXT_MAX - TAIL_LEN };
    size_t len;

    put(&t, HEAD "freq_ppm %.9f\nskew_ppm %.9f\nknown %d\nwander %.6g\n", m->drift.freq_ppm, m->drift.skew_ppm, m->drift.valid, m->wander);
    put(&t, "saved_ns %lld\nsaved_raw_ns %lld\n", (long long)m->saved.ns, (long long)m->saved_raw.ns);
    put(&t, "stepped_ns %lld\nsynchronised_once %d\n", (long long)m->stepped.ns, m->synchronised_once);
    if (m->stated.ns != 0)
        put(&t, STATED_WORD "%lld\n", (long long)m->stated.ns);
    if (m->tai_minus_utc_s != 0)
        put(&t, TAI_WORD "%d leap %d %lld\n", (int)m->tai_minus_utc_s, (int)m->leap_delta_s, (long long)m->leap_midnight.ns);
    for (uint32_t i = 0; i < m->count; i++)
        if (is_word(m->source[i].name))
            put_source(&t, m->source[i].name, &m->source[i].noise);
    len = (size_t)(t.at - out);
    snprintf(t.at, TAIL_LEN + 1, "checksum %08lx\n", (unsigned long)checksum(out, len));
    return len + TAIL_LEN;
}

/* ---- reading ---- */

/* The words of the text, one after the other; a reader that fails stays failed. */
struct reader { const char *at; int err; };

static void fail(struct reader *r, int err)
{
    if (!r->err)
        r->err = err;
}

static void skip_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(r->at, word, n) != 0)
        fail(r, -UE_SYNTAX);
    else
        r->at += n;
}

static double take_number(struct reader *r, double least, double most)
{
    char *end;
    double v;

    if (r->err)
        return 0;
    v = strtod(r->at, &end);
    if (end == r->at)
        fail(r, -UE_SYNTAX);
    else if (!(v >= least && v <= most)) /* not-a-number too */
        fail(r, -UE_RANGE);
    r->at = end;
    return r->err ? 0 : v;
}

static int64_t take_ns(struct reader *r)
{
    char *end;
    long long v;

    if (r->err)
        return 0;
    v = strtoll(r->at, &end, 10);
    if (end == r->at)
        fail(r, -UE_SYNTAX);
    r->at = end;
    return v;
}

static void take_name(struct reader *r, char out[CLOCK_MEMORY_NAME_MAX])
{
    size_t n = strcspn(r->at, " \n");

    if (n == 0 || n >= CLOCK_MEMORY_NAME_MAX) {
        fail(r, -UE_SYNTAX);
        return;
    }
    memcpy(out, r->at, n);
    out[n] = '\0';
    r->at += n;
}

static void take_noise(struct reader *r, struct clock_noise *n)
{
    uint32_t samples;

    noise_init(n);
    n->floor_s = take_number(r, 0, DELAY_MOST_S);
    n->scale_s = n->all_s = take_number(r, 0, DELAY_MOST_S);
    n->error_var = take_number(r, 0, ERROR_VAR_MOST);
    samples = (uint32_t)take_number(r, 0, UINT32_MAX);
    n->samples = samples < TRUST_SAMPLES ? samples : TRUST_SAMPLES;
    for (unsigned b = 0; b < CLOCK_NOISE_BINS; b++) {
        for (unsigned p = 0; p < NOISE_PARTS; p++)
            n->bin[b].share[p] = take_number(r, 0, 1);
        n->bin[b].body = take_number(r, 0, BODY_MOST);
        n->bin[b].seen = n->samples;
    }
    n->typical_s = sqrt(n->error_var);
    n->firsts = CLOCK_NOISE_FIRST;
    if (!noise_is_sane(n))
        fail(r, -UE_RANGE);
    for (unsigned i = 0; i < CLOCK_NOISE_BLOCKS; i++)
        n->block_min_s[i][0] = n->block_min_s[i][1] = n->floor_s;
}

static void take_sources(struct reader *r, const char *end, struct clock_memory *m)
{
    while (!r->err && r->at < end) {
        if (m->count == CLOCK_MEMORY_SOURCES)
            fail(r, -UE_FULL);
        skip_word(r, "source ");
        if (r->err)
            return;
        take_name(r, m->source[m->count].name);
        take_noise(r, &m->source[m->count].noise);
        skip_word(r, "\n");
        m->count++;
    }
}

/* The text is whole: its last line is the checksum of the rest. */
static bool is_whole(const char *text, size_t len)
{
    char tail[TAIL_LEN + 1];

    assert(len >= TAIL_LEN); /* every head is longer */
    snprintf(tail, sizeof tail, "checksum %08lx\n", (unsigned long)checksum(text, len - TAIL_LEN));
    return memcmp(text + len - TAIL_LEN, tail, TAIL_LEN) == 0;
}

static bool starts_with(const char *text, size_t len, const char *head) { return len >= strlen(head) && memcmp(text, head, strlen(head)) == 0; }

static bool is_version_1(const char *text, size_t len) { return starts_with(text, len, HEAD_1); }

static int judge_head(const char *text, size_t len)
{
    if (len >= CLOCK_MEMORY_TEXT_MAX || memchr(text, '\0', len))
        return -UE_SYNTAX;
    if (!starts_with(text, len, HEAD) && !is_version_1(text, len))
        return starts_with(text, len, HEAD_ANY) && memchr(text, '\n', len) ? -UE_VERSION : -UE_SYNTAX;
    return is_whole(text, len) ? 0 : -UE_CHECKSUM;
}

static void take_drift(struct reader *r, struct clock_drift *d)
{
    skip_word(r, "freq_ppm ");
    d->freq_ppm = take_number(r, -PLAUSIBLE_PPM, PLAUSIBLE_PPM);
    skip_word(r, "\nskew_ppm ");
    d->skew_ppm = take_number(r, 0, PLAUSIBLE_PPM);
    skip_word(r, "\n");
    d->valid = true;
}

static bool take_flag(struct reader *r) { return take_number(r, 0, 1) > 0; }

static bool has_line(const struct reader *r, const char *word) { return !r->err && strncmp(r->at, word, strlen(word)) == 0; }

static void take_stated(struct reader *r, struct clock_memory *m)
{
    skip_word(r, STATED_WORD);
    m->stated.ns = take_ns(r);
    skip_word(r, "\n");
}

static bool is_near(struct utc_ns midnight, struct utc_ns at) { return dur_abs(utc_sub(midnight, at)).ns <= CLOCK_MEMORY_LEAP_NS; }

bool clock_memory_leap_is_near(const struct clock_memory *m)
{
    return m->leap_delta_s == 0 || is_near(m->leap_midnight, m->saved) || is_near(m->leap_midnight, m->stated);
}

static void take_tai(struct reader *r, struct clock_memory *m)
{
    skip_word(r, TAI_WORD);
    m->tai_minus_utc_s = (int32_t)take_number(r, 1, TAI_MINUS_UTC_MAX_S);
    skip_word(r, " leap ");
    m->leap_delta_s = (int32_t)take_number(r, -1, 1);
    skip_word(r, " ");
    m->leap_midnight.ns = take_ns(r);
    skip_word(r, "\n");
    if (!clock_memory_leap_is_near(m))
        fail(r, -UE_RANGE);
}

static void take_rest(struct reader *r, const char *end, struct clock_memory *m)
{
    skip_word(r, "known ");
    m->drift.valid = take_flag(r);
    skip_word(r, "\nwander ");
    m->wander = take_number(r, 0, 1);
    skip_word(r, "\nsaved_ns ");
    m->saved.ns = take_ns(r);
    skip_word(r, "\nsaved_raw_ns ");
    m->saved_raw.ns = take_ns(r);
    skip_word(r, "\nstepped_ns ");
    m->stepped.ns = take_ns(r);
    skip_word(r, "\nsynchronised_once ");
    m->synchronised_once = take_flag(r);
    skip_word(r, "\n");
    if (has_line(r, STATED_WORD))
        take_stated(r, m);
    if (has_line(r, TAI_WORD))
        take_tai(r, m);
    take_sources(r, end, m);
}

int clock_memory_from_text(const char *text, size_t len, double max_frequency_ppm, struct clock_memory *out)
{
    char copy[CLOCK_MEMORY_TEXT_MAX];
    struct clock_memory m = { .count = 0 };
    struct reader r = { copy, judge_head(text, len) };
    bool first;

    if (r.err)
        return r.err;
    memcpy(copy, text, len);
    copy[len] = '\0';
    first = is_version_1(copy, len);
    r.at += strlen(first ? HEAD_1 : HEAD);
    take_drift(&r, &m.drift);
    if (first)
        m.synchronised_once = true; /* it was written by a clock that had learnt its frequency */
    else
        take_rest(&r, copy + len - TAIL_LEN, &m);
    if (!r.err && r.at != copy + len - TAIL_LEN)
        fail(&r, -UE_SYNTAX);
    if (m.stepped.ns < 0 || (m.saved.ns != 0 && !utc_is_plausible(m.saved)) || (m.stated.ns != 0 && !utc_is_plausible(m.stated)))
        fail(&r, -UE_RANGE);
    if (r.err)
        return r.err;
    if (fabs(m.drift.freq_ppm) > max_frequency_ppm) {
        m.beyond_ppm = m.drift.freq_ppm;
        m.drift.freq_ppm = copysign(max_frequency_ppm, m.drift.freq_ppm);
        m.drift.skew_ppm = max_frequency_ppm;
    }
    *out = m;
    return 0;
}

const struct clock_noise *clock_memory_find(const struct clock_memory *m, const char *name)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (strcmp(m->source[i].name, name) == 0)
            return &m->source[i].noise;
    return NULL;
}
