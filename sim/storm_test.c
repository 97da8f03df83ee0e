/* Storms are stories the parser understands, the same for one seed, and inside the assumptions they promise. */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#include "sim/storm.h"
#include "sim/story.h"

static char *written(void (*write)(FILE *, uint64_t), uint64_t seed)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_true(f != NULL);
    write(f, seed);
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

/* Servers named h are truthful: their lies stay within root dispersion + root delay/2; and they are the majority. */
static void assert_truthful_majority(const struct story *s)
{
    double claim_ns[STORY_NODES_MAX] = { 0 };
    unsigned honest = 0, liars = 0;

    for (unsigned i = 0; i < s->node_count; i++) {
        honest += s->node[i].name[0] == 'h';
        liars += s->node[i].name[0] == 'l';
    }
    assert_true(honest > liars);
    for (size_t i = 0; i < s->statement_count; i++) {
        const struct statement *st = &s->statement[i];
        unsigned n = st->who ? (unsigned)__builtin_ctzll(st->who) : 0;

        if (st->deed == DEED_SERVER)
            claim_ns[n] = st->attr.value[ATTR_ERROR] + st->attr.value[ATTR_ROOT_DELAY] / 2;
        if (st->deed == DEED_LIES && s->node[n].name[0] == 'h')
            assert_true(st->x <= claim_ns[n] && -st->x <= claim_ns[n]);
    }
}

static void storms_are_understood_and_keep_the_assumptions(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        void (*const writers[])(FILE *, uint64_t) = { storm_write, storm_write_start };

        for (size_t i = 0; i < 2; i++) {
            char *text = written(writers[i], seed);
            struct story_error error;
            struct story s;

            if (story_parse(&s, "storm", text, &error))
                fail_msg("seed %d: %d:%d: %s", (int)seed, error.line, error.column, error.text);
            assert_truthful_majority(&s);
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
