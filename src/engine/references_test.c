/* Reference clocks in the engine: samples to measurements, silence, what status says. */
#include <math.h>

#include "engine/engine_fixture.h"

static struct world world_with_shm(void)
{
    struct world w = { 0 };

    w.options.source_count = 1;
    w.options.source[0] = (struct source_options){ .shm = 1, .error = { NS_PER_MS } };
    snprintf(w.options.source[0].refid.s, sizeof w.options.source[0].refid.s, "PPS");
    return w;
}

static void say(struct world *w, int64_t wrong_ns, enum verdict why)
{
    struct event ev = { .kind = EVENT_REFERENCE };

    ev.u.reference.why = why;
    ev.u.reference.at.ns = w->now.ns - 200 * NS_PER_MS;
    ev.u.reference.utc.ns = truth(ev.u.reference.at) + wrong_ns;
    ev.u.reference.error.ns = 1000;
    give(w, &ev);
}

/* A sample a second, each wrong by up to so much. */
static void listen(struct world *w, int seconds, int64_t wrong_ns)
{
    for (int i = 0; i < seconds; i++) {
        pass(w, w->now.ns + NS_PER_S);
        say(w, wrong_ns ? (int64_t)(prng_u64(&w->prng) % (uint64_t)(2 * wrong_ns)) - wrong_ns : 0, VERDICT_ACCEPTED);
    }
}

static struct clock_view view(const struct world *w)
{
    struct clock_view v;

    page_view(engine_page(w->engine), w->now, &v);
    return v;
}

static void assert_honest(const struct world *w)
{
    struct clock_view v = view(w);

    assert_true(v.earliest.ns <= truth(w->now) && truth(w->now) <= v.latest.ns);
}

static void it_makes_a_server_of_stratum_1(void **state)
{
    struct world w = world_with_shm();
    struct snapshot s;

    (void)state;
    begin(&w, false);
    listen(&w, 120, 300000);
    assert_int_equal(view(&w).status, CLOCK_SYNCHRONISED);
    assert_int_equal(view(&w).stratum, 1);
    assert_int_equal(view(&w).refid, NTP_REFID('P', 'P', 'S', 0));
    assert_true(llabs(view(&w).utc.ns - truth(w.now)) < 150000); /* by half of what single samples are off */
    assert_honest(&w);
    engine_snapshot(w.engine, w.now, &s);
    assert_int_equal(s.source_count, 1);
    assert_string_equal(s.source[0].name, "SHM(1)");
    assert_int_equal(s.source[0].state, SOURCE_SELECTED);
    assert_int_equal(s.source[0].stratum, 0);
    assert_int_equal(s.source[0].reach, 255);
    assert_int_equal(count_of(&w, ACTION_SEND) + count_of(&w, ACTION_RESOLVE), 0);
    end(&w);
}

/* All samples lie at the edge of what is declared, on one side: the bound still holds the truth. */
static void the_bound_holds_at_the_edge_of_the_declared_error(void **state)
{
    (void)state;
    for (int side = -1; side <= 1; side += 2) {
        struct world w = world_with_shm();

        begin(&w, false);
        for (int i = 0; i < 300; i++) {
            pass(&w, w.now.ns + NS_PER_S);
            say(&w, side * NS_PER_MS, VERDICT_ACCEPTED);
            if (view(&w).status == CLOCK_SYNCHRONISED)
                assert_honest(&w);
        }
        assert_int_equal(view(&w).status, CLOCK_SYNCHRONISED);
        assert_true(llabs(view(&w).utc.ns - truth(w.now) - side * NS_PER_MS) < 100000);
        end(&w);
    }
}

/* True UTC of an oscillator that is 20 ppm off and wanders by 0.4 ppm within a quarter of an hour. */
static int64_t drifted(struct mono_ns raw)
{
    double t = (double)(raw.ns - START_NS) * 1e-9;

    return truth(raw) + (int64_t)(t * 20e3 + 0.4e3 * 300 * (1 - cos(t / 300)));
}

static void the_bound_holds_over_an_oscillator_that_drifts(void **state)
{
    struct event ev = { .kind = EVENT_REFERENCE, .u.reference.why = VERDICT_ACCEPTED };
    struct world w = world_with_shm();
    int64_t worst = 0, off;

    (void)state;
    begin(&w, false);
    for (int i = 0; i < 7200; i++) {
        pass(&w, w.now.ns + NS_PER_S);
        ev.u.reference.at.ns = w.now.ns - (int64_t)(prng_u64(&w.prng) % (uint64_t)NS_PER_S);
        ev.u.reference.utc.ns = drifted(ev.u.reference.at) + (int64_t)(prng_u64(&w.prng) % 20000) - 10000;
        if (i < 1800 || i >= 2400) /* ten minutes of silence */
            give(&w, &ev);
        off = llabs(view(&w).utc.ns - drifted(w.now));
        if (view(&w).status == CLOCK_SYNCHRONISED || view(&w).status == CLOCK_HOLDOVER)
            assert_true(view(&w).earliest.ns <= drifted(w.now) && drifted(w.now) <= view(&w).latest.ns);
        if (i > 3000 && off > worst)
            worst = off;
    }
    assert_true(worst < 10000); /* than a single sample may be off */
    end(&w);
}

static void a_constant_is_corrected(void **state)
{
    struct world w = world_with_shm();

    (void)state;
    w.options.source[0].offset.ns = 40 * NS_PER_MS;
    begin(&w, false);
    for (int i = 0; i < 60; i++) {
        pass(&w, w.now.ns + NS_PER_S);
        say(&w, -40 * NS_PER_MS, VERDICT_ACCEPTED);
    }
    assert_true(llabs(view(&w).utc.ns - truth(w.now)) < NS_PER_MS);
    end(&w);
}

static const struct problem *trouble_of(struct world *w, enum problem_kind kind, struct problems *p)
{
    p->count = 0;
    engine_problems(w->engine, w->now, p);
    for (unsigned i = 0; i < p->count; i++)
        if (p->item[i].kind == kind)
            return &p->item[i];
    return NULL;
}

static void REF_10_a_day_without_antenna_is_holdover(void **state)
{
    struct world w = world_with_shm();
    struct problems p;
    struct clock_view before, after;
    struct snapshot s;
    int64_t served;

    (void)state;
    begin(&w, false);
    listen(&w, 300, 10000);
    before = view(&w);
    pass(&w, w.now.ns + 600 * NS_PER_S);
    assert_int_equal(view(&w).status, CLOCK_HOLDOVER);
    assert_true(logged(&w, LOG_SOURCE_LOST));
    assert_non_null(trouble_of(&w, PROBLEM_SOURCE_SILENT, &p));
    assert_non_null(trouble_of(&w, PROBLEM_ALL_SILENT, &p));
    engine_snapshot(w.engine, w.now, &s);
    assert_string_equal(s.hint, "no reference clock gives time: does its program run, and has the receiver a fix?");
    after = view(&w);
    assert_true(after.latest.ns - after.earliest.ns > before.latest.ns - before.earliest.ns);
    assert_honest(&w);
    pass(&w, w.now.ns + 86400 * NS_PER_S);
    assert_honest(&w);
    assert_int_equal(view(&w).status, CLOCK_FREE_RUNNING); /* the bound has passed holdover.max_error, 1 s here */
    assert_int_equal(view(&w).stratum, 0);
    served = view(&w).utc.ns - truth(w.now);
    forget(&w);
    listen(&w, 60, 10000);
    assert_int_equal(view(&w).status, CLOCK_SYNCHRONISED);
    assert_int_equal(view(&w).stratum, 1);
    assert_honest(&w);
    assert_true(llabs(view(&w).utc.ns - truth(w.now) - served) < 100 * NS_PER_MS);
    end(&w);
}

static void what_is_no_sample_is_told_until_one_comes(void **state)
{
    struct world w = world_with_shm();
    struct problems p;

    (void)state;
    begin(&w, false);
    pass(&w, w.now.ns + NS_PER_S);
    say(&w, 0, VERDICT_REF_ABSURD);
    assert_true(logged(&w, LOG_SOURCE_REFUSED));
    assert_non_null(trouble_of(&w, PROBLEM_SOURCE_REFUSED, &p));
    pass(&w, w.now.ns + 30 * NS_PER_S); /* nothing came at all: silent */
    assert_null(trouble_of(&w, PROBLEM_SOURCE_REFUSED, &p));
    assert_non_null(trouble_of(&w, PROBLEM_SOURCE_SILENT, &p));
    listen(&w, 4, 0);
    assert_null(trouble_of(&w, PROBLEM_SOURCE_SILENT, &p));
    end(&w);
}

/* What passes by itself, such as our own first step of the system clock, is counted and makes no noise. */
static void what_passes_by_itself_is_only_counted(void **state)
{
    struct world w = world_with_shm();
    struct problems p;
    struct snapshot s;

    (void)state;
    begin(&w, false);
    listen(&w, 4, 0);
    forget(&w);
    say(&w, 0, VERDICT_REF_STEPPED);
    say(&w, 0, VERDICT_REF_TORN);
    assert_false(logged(&w, LOG_SOURCE_REFUSED));
    assert_null(trouble_of(&w, PROBLEM_SOURCE_REFUSED, &p));
    engine_snapshot(w.engine, w.now, &s);
    assert_int_equal(s.source[0].verdict[VERDICT_REF_STEPPED] + s.source[0].verdict[VERDICT_REF_TORN], 2);
    end(&w);
}

static void an_operator_takes_it_out(void **state)
{
    struct world w = world_with_shm();
    struct event ev = { .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_OFFLINE, "SHM(1)" } };
    struct snapshot s;

    (void)state;
    begin(&w, false);
    listen(&w, 20, 0);
    assert_int_equal(engine_find_source(w.engine, "SHM(1)"), 0);
    give(&w, &ev);
    listen(&w, 3, 0);
    engine_snapshot(w.engine, w.now, &s);
    assert_int_equal(s.source[0].state, SOURCE_OFFLINE);
    assert_int_equal(s.source[0].verdict[VERDICT_OFFLINE], 3);
    ev.u.source.act = ENGINE_SOURCE_ONLINE;
    give(&w, &ev);
    listen(&w, 8, 0);
    engine_snapshot(w.engine, w.now, &s);
    assert_int_equal(s.source[0].state, SOURCE_SELECTED);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_makes_a_server_of_stratum_1),
        cmocka_unit_test(the_bound_holds_at_the_edge_of_the_declared_error),
        cmocka_unit_test(the_bound_holds_over_an_oscillator_that_drifts),
        cmocka_unit_test(a_constant_is_corrected),
        cmocka_unit_test(REF_10_a_day_without_antenna_is_holdover),
        cmocka_unit_test(what_is_no_sample_is_told_until_one_comes),
        cmocka_unit_test(what_passes_by_itself_is_only_counted),
        cmocka_unit_test(an_operator_takes_it_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
