/* Storms are stories the parser understands, the same for one seed, and inside the assumptions they promise. */
#include "base/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/storm.h"
#include "sim/story.h"
#include "sim/value.h"

static char *written(void (*write)(FILE *, uint64_t, uint32_t), uint64_t seed)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_true(f != NULL);
    write(f, seed, 0);
    fclose(f);
    return text;
}

static void a_seed_writes_one_story(void **state)
{
    char *a = written(storm_write, 9), *b = written(storm_write, 9), *c = written(storm_write, 10);

    (void)state;
    assert_string_equal(a, b);
    assert_true(strcmp(a, c) != 0);
    free(a);
    free(b);
    free(c);
}

/* Servers named h that are asked from the start to the end; others come and go, or may be members of a pool. */
static uint64_t base_of(const struct story *s)
{
    uint64_t asked = 0;

    for (size_t i = 0; i < s->statement_count; i++) {
        const struct statement *st = &s->statement[i];

        if ((st->deed == DEED_SOURCE || st->deed == DEED_REFERENCE) && st->at.ns == 0 && strcmp(s->node[__builtin_ctzll(st->who)].name, "c") == 0)
            asked |= st->whom;
    }
    for (size_t i = 0; i < s->statement_count; i++)
        for (unsigned n = 0; n < s->node_count && s->statement[i].deed == DEED_FORGETS; n++)
            if (strcmp(s->node[n].name, s->statement[i].word[0]) == 0)
                asked &= ~(UINT64_C(1) << n);
    for (unsigned n = 0; n < s->node_count; n++)
        asked &= s->node[n].name[0] == 'h' ? UINT64_MAX : ~(UINT64_C(1) << n);
    return asked;
}

static unsigned named(const struct story *s, char first)
{
    unsigned count = 0;

    for (unsigned i = 0; i < s->node_count; i++)
        count += s->node[i].name[0] == first;
    return count;
}

/* Servers named h are truthful: their lies stay within root dispersion + root delay/2; and they are the majority. */
static void assert_truthful_majority(const struct story *s)
{
    double claim_ns[STORY_NODES_MAX] = { 0 }, path_ns[STORY_NODES_MAX] = { 0 }, lie_ns[STORY_NODES_MAX] = { 0 }, drift[STORY_NODES_MAX] = { 0 };
    struct dur_ns since[STORY_NODES_MAX] = { { 0 } };
    unsigned liars = named(s, 'l');

    assert_true(named(s, 'h') > liars && (liars == 0 || (unsigned)__builtin_popcountll(base_of(s)) > liars));
    for (size_t i = 0; i < s->statement_count; i++) {
        const struct statement *st = &s->statement[i];
        unsigned n = st->who ? (unsigned)__builtin_ctzll(st->who) : 0;

        if (st->deed == DEED_SERVER) {
            path_ns[n] = st->attr.value[ATTR_ROOT_DELAY] / 2;
            claim_ns[n] = st->attr.value[ATTR_ERROR] + path_ns[n];
        }
        if (st->deed == DEED_ROOT_DISPERSION) /* at one moment with a lie, told before it */
            claim_ns[n] = st->x + path_ns[n];
        if (st->deed == DEED_REFERENCE && s->node[__builtin_ctzll(st->whom)].name[0] == 'h') /* it scatters as well */
            assert_true(claim_ns[__builtin_ctzll(st->whom)] + st->attr.value[ATTR_NOISE] <= st->attr.value[ATTR_ERROR]);
        if (s->node[n].name[0] != 'h' || (st->deed != DEED_LIES && st->deed != DEED_DRIFTS))
            continue;
        lie_ns[n] += drift[n] * (double)dur_sub(st->at, since[n]).ns;
        assert_true(drift[n] == 0 || fabs(lie_ns[n]) <= claim_ns[n]);
        since[n] = st->at;
        if (st->deed == DEED_LIES)
            lie_ns[n] = st->x;
        else
            drift[n] = st->x;
        assert_true(fabs(lie_ns[n]) <= claim_ns[n]);
    }
}

/* What the servers and the oscillator do, followed through a day. */
struct course { uint64_t client, honest, base, liars, silent, out; struct dur_ns silent_since, patience, moves_at; double small; };

#define SMALL 1e-6             /* steps of the frequency for when it is measured; */
#define SMALL_SUM 0.501e-6     /* it stays so close to its middle */

static void take(struct course *c, const struct statement *st)
{
    bool heard = (c->honest & ~c->silent) != 0;

    if (st->deed == DEED_SILENT)
        c->silent |= st->who;
    if (st->deed == DEED_ANSWERS)
        c->silent &= ~st->who;
    if (st->deed == DEED_OFFLINE)
        c->out |= st->whom;
    if (st->deed == DEED_ONLINE)
        c->out &= ~st->whom;
    if (heard && (c->honest & ~c->silent) == 0)
        c->silent_since = st->at;
    if (st->deed == DEED_SOURCE && st->who == c->client && (c->honest & st->whom))
        c->patience = dur_max(c->patience, (struct dur_ns){ 8 * dur_from_log2((int)st->attr.value[ATTR_POLL_MAX]).ns });
    if (st->deed == DEED_MOVES)
        c->moves_at = st->at;
    if (st->deed != DEED_FREQUENCY || c->moves_at.ns == st->at.ns)
        return;
    if (fabs(st->x) < SMALL)
        c->small += st->x;
    assert_true(fabs(st->x) < SMALL ? fabs(c->small) < SMALL_SUM : (c->honest & ~c->silent) == 0 && st->at.ns - c->silent_since.ns > c->patience.ns);
}

static void judge(const struct course *c)
{
    uint64_t honest = c->base & ~c->silent & ~c->out, liars = c->liars & ~c->silent & ~c->out;

    assert_true(liars == 0 || __builtin_popcountll(honest) > __builtin_popcountll(liars));
}

static int by_time(const void *a, const void *b)
{
    const struct statement *l = *(const struct statement *const *)a, *r = *(const struct statement *const *)b;

    return l->at.ns != r->at.ns ? (l->at.ns > r->at.ns) - (l->at.ns < r->at.ns) : (l > r) - (l < r);
}

/* At no moment are liars half of those who answer and are asked, and the frequency goes astray only in a silence that has lasted eight polls. */
static void assert_calm_while_measured(const struct story *s)
{
    const struct statement **sorted = calloc(s->statement_count, sizeof *sorted);
    struct course c = { .honest = 0 };

    assert_true(sorted != NULL);
    c.base = base_of(s);
    for (unsigned i = 0; i < s->node_count; i++) {
        c.honest |= (uint64_t)(s->node[i].name[0] == 'h') << i;
        c.liars |= (uint64_t)(s->node[i].name[0] == 'l') << i;
        c.client |= (uint64_t)(s->node[i].name[0] == 'c') << i;
    }
    for (size_t i = 0; i < s->statement_count; i++)
        sorted[i] = &s->statement[i];
    qsort(sorted, s->statement_count, sizeof *sorted, by_time);
    for (size_t i = 0; i < s->statement_count; i++) {
        take(&c, sorted[i]);
        if (i + 1 == s->statement_count || sorted[i + 1]->at.ns != sorted[i]->at.ns)
            judge(&c);
    }
    free(sorted);
}

/* What a kind of trouble promises. */
static void assert_leap_is_told(const struct story *s)
{
    int64_t wrong = named(s, 'l'), sources = wrong + __builtin_popcountll(base_of(s));
    double leap = -1;
    struct utc_ns at = { 0 };

    for (size_t i = 0; i < s->statement_count; i++) {
        const struct statement *st = &s->statement[i];

        if (st->deed == DEED_LEAP_SECOND) {
            leap = st->x;
            at = st->date;
        }
        if (st->deed == DEED_LEAP && s->node[__builtin_ctzll(st->who)].name[0] == 'h')
            wrong++;
    }
    assert_true(leap < 0 || sources == 0 || 2 * wrong < sources);
    assert_true(leap < 0 || (at.ns - s->start.ns >= 2 * 3600 * NS_PER_S && at.ns - s->start.ns < 86400 * NS_PER_S));
    for (size_t i = 0; i < s->statement_count; i++)
        if (s->statement[i].deed == DEED_LEAP_FILE && leap >= 0)
            assert_true((at.ns == s->statement[i].date.ns && leap == s->statement[i].x));
}

static double option_of(const struct statement *st)
{
    double v = 0;

    assert_true(value_ratio(st->word[1], &v) || strcmp(st->word[0], "clock.max_drift") != 0);
    return v;
}

static void assert_limits_hold(const struct story *s)
{
    bool local = false, moved = false;
    double offset_ns = 0;

    for (size_t i = 0; i < s->statement_count; i++) {
        const struct statement *st = &s->statement[i];

        local = local || (st->deed == DEED_SET && strncmp(st->word[0], "local.", 6) == 0);
        moved = moved || st->deed == DEED_MOVES || st->deed == DEED_STEPS || st->deed == DEED_RETUNED || st->deed == DEED_RAW_JUMPS;
        if (st->deed == DEED_SET && strcmp(st->word[0], "clock.max_drift") == 0)
            assert_true(option_of(st) >= 1e-6);
        if (st->deed == DEED_CLIENT && strcmp(s->node[__builtin_ctzll(st->who)].name, "c") == 0)
            offset_ns = fabs(st->attr.value[ATTR_OFFSET]);
    }
    assert_true(!local || !moved);
    assert_true(!local || offset_ns <= 1e9 || offset_ns >= 50.0 * 365 * 86400 * 1e9); /* or so far off that it is no clock at all */
}

static void storms_are_understood_and_keep_the_assumptions(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10000; seed++) {
        void (*const writers[])(FILE *, uint64_t, uint32_t) = { storm_write, storm_write_start };

        for (size_t i = 0; i < 2; i++) {
            char *text = written(writers[i], seed);
            struct story_error error;
            struct story s;

            if (story_parse(&s, "storm", text, &error))
                fail_msg("seed %d: %d:%d: %s", (int)seed, error.line, error.column, error.text);
            assert_truthful_majority(&s);
            assert_calm_while_measured(&s);
            assert_leap_is_told(&s);
            assert_limits_hold(&s);
            story_free(&s);
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_seed_writes_one_story), cmocka_unit_test(storms_are_understood_and_keep_the_assumptions) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
