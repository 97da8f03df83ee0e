/* What is remembered comes back, and damage never does. */
#include "base/test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/rng.h"
#include "clock/memory.h"
#include "clock/noise.h"

static struct clock_memory example(void)
{
    struct clock_memory m = { .drift = { -12.345678901, 0.001, true }, .wander = 3.2e-9, .saved = { INT64_C(1800000000) * NS_PER_S + 7 },
                              .stepped = { 1500 * NS_PER_MS }, .saved_raw = { 77 }, .tai_minus_utc_s = 38,
                              .leap_delta_s = -1, .leap_midnight = { INT64_C(1800003600) * NS_PER_S }, .synchronised_once = true, .count = 2 };
    struct clock_law law;

    for (uint32_t i = 0; i < m.count; i++) {
        struct clock_noise *n = &m.source[i].noise;

        snprintf(m.source[i].name, sizeof m.source[i].name, "ntp%u.example:1123", (unsigned)i);
        noise_init(n);
        for (int k = 0; k < 30; k++)
            noise_law(n, 0.01 + 0.001 * (k % 7), &law);
        n->error_var = 1e-8;
    }
    return m;
}

static size_t text_of(const struct clock_memory *m, char out[CLOCK_MEMORY_TEXT_MAX])
{
    size_t len = clock_memory_to_text(m, out);

    assert_int_equal(strlen(out), len);
    return len;
}

/* A leap second counts near the time of writing only; what was written before there was that line is taken. */
static void LEAP_03_a_leap_second_far_from_the_writing_is_damage(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m, got;

    (void)state;
    m = example();
    m.leap_midnight = utc_add(m.saved, (struct dur_ns){ CLOCK_MEMORY_LEAP_NS });
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), 0);
    m.leap_midnight.ns++;
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), -UE_RANGE);
    m = example();
    m.tai_minus_utc_s = 1001;
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), -UE_RANGE);
    m.tai_minus_utc_s = 1;
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), 0);
    assert_int_equal(got.tai_minus_utc_s, 1);
    for (int32_t delta = -2; delta <= 2; delta += 4) {
        m.leap_delta_s = delta;
        assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), -UE_RANGE);
    }
    m.tai_minus_utc_s = 0;
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), 0);
    assert_true(got.tai_minus_utc_s == 0 && got.leap_delta_s == 0 && got.count == 2);
}

/* Or near to what was told since without being measured. */
static void LEAP_03_a_leap_second_may_be_near_to_what_was_stated(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m, got;

    (void)state;
    m = example();
    m.leap_midnight = utc_add(m.saved, (struct dur_ns){ 30 * CLOCK_MEMORY_LEAP_NS });
    m.stated = utc_add(m.leap_midnight, (struct dur_ns){ -CLOCK_MEMORY_LEAP_NS });
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), 0);
    assert_int_equal(got.stated.ns, m.stated.ns);
    assert_int_equal(got.leap_midnight.ns, m.leap_midnight.ns);
    m.stated.ns--;
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), -UE_RANGE);
    m = example();
    m.stated.ns = 1; /* before this program was written */
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), -UE_RANGE);
}

static void it_comes_back(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX], again[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m, got;
    size_t len;

    (void)state;
    m = example();
    len = text_of(&m, text);
    assert_int_equal(clock_memory_from_text(text, len, 500, &got), 0);
    assert_true(got.drift.valid && fabs(got.drift.freq_ppm - m.drift.freq_ppm) < 1e-8);
    assert_int_equal(got.saved.ns, m.saved.ns);
    assert_int_equal(got.saved_raw.ns, m.saved_raw.ns);
    assert_int_equal(got.stepped.ns, m.stepped.ns);
    assert_int_equal(got.tai_minus_utc_s, 38);
    assert_int_equal(got.leap_delta_s, -1);
    assert_int_equal(got.leap_midnight.ns, m.leap_midnight.ns);
    assert_true(got.synchronised_once);
    assert_int_equal(got.count, 2);
    assert_true(fabs(clock_memory_find(&got, "ntp1.example:1123")->floor_s - 0.01) < 1e-9);
    assert_int_equal(clock_memory_find(&got, "ntp1.example:1123")->samples, 30);
    assert_null(clock_memory_find(&got, "ntp1.example"));
    assert_int_equal(text_of(&got, again), len);
    assert_string_equal(text, again);
}

/* What was learnt of a source is not a guess again: its next sample is judged by it. */
static void remembered_shares_are_used(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m, got;
    struct clock_noise n;
    struct clock_law law;

    (void)state;
    m = example();
    for (unsigned b = 0; b < CLOCK_NOISE_BINS; b++) {
        m.source[0].noise.bin[b].share[NOISE_BOX] = 0.02;
        m.source[0].noise.bin[b].share[NOISE_BODY] = 0.94;
    }
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), 0);
    n = got.source[0].noise;
    assert_true(n.typical_s > 0.9e-4 && n.typical_s < 1.1e-4);
    noise_law(&n, 0.012, &law);
    assert_true(law.share[NOISE_BODY] > 0.65); /* a guess would say 0.26 */
}

/* A path whose jitter ended and whose offsets did not, and a source that is hours off: both seen in random days. */
static void a_law_wider_than_is_read_comes_back(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m, got;

    (void)state;
    m = example();
    m.source[1].noise.bin[2].body = 1.46316e9;
    m.source[0].noise.error_var = 21548281;
    m.source[0].noise.floor_s = m.source[0].noise.scale_s = 1001;
    assert_int_equal(clock_memory_from_text(text, text_of(&m, text), 500, &got), 0);
    assert_true(got.source[1].noise.bin[2].body == 1e9 && got.source[0].noise.error_var == 1e6);
    assert_true(got.source[0].noise.floor_s == 1000 && got.source[0].noise.scale_s == 1000);
}

static void ST_01_a_text_cut_anywhere_is_refused(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m, got, untouched;
    size_t len;

    (void)state;
    m = example();
    len = text_of(&m, text);
    untouched = got = (struct clock_memory){ .wander = 77 };
    for (size_t cut = 0; cut < len; cut++)
        assert_int_not_equal(clock_memory_from_text(text, cut, 500, &got), 0);
    assert_memory_equal(&got, &untouched, sizeof got);
}

static void ST_01_every_flipped_bit_is_found(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m, got;
    size_t len;

    (void)state;
    m = example();
    len = text_of(&m, text);
    for (size_t bit = 0; bit < len * 8; bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        assert_int_not_equal(clock_memory_from_text(text, len, 500, &got), 0);
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
}

static void ST_01_random_bytes_are_refused(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory got;
    struct prng p;
    struct rng r;

    (void)state;
    prng_seed(&p, 5);
    r = prng_as_rng(&p);
    for (int i = 0; i < 1000; i++) {
        size_t len = (size_t)(prng_u64(&p) % 400);

        r.fill(r.ctx, text, len);
        assert_int_not_equal(clock_memory_from_text(text, len, 500, &got), 0);
    }
}

/* Impossible numbers under a right checksum. */
static int verdict_on(const struct clock_memory *m, struct clock_memory *got)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];

    return clock_memory_from_text(text, text_of(m, text), 500, got);
}

static void ST_01_numbers_no_clock_can_have_are_refused(void **state)
{
    static struct clock_memory m, got;

    (void)state;
    m = example();
    m.drift.freq_ppm = NAN;
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
    m.drift.freq_ppm = 1e308;
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
    m = example();
    m.drift.skew_ppm = -1;
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
    m = example();
    m.source[0].noise.bin[1].share[2] = INFINITY;
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
    m = example();
    m.source[1].noise.bin[0].share[0] += 0.01; /* more than certain */
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
    m = example();
    m.source[1].noise.scale_s = 0;
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
    m = example();
    m.saved.ns = INT64_C(1000000000) * NS_PER_S; /* 2001: nobody had this program */
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
    m = example();
    m.stepped.ns = -1;
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
}

/* Just beyond what is taken. */
static void ST_01_each_limit_of_a_number_is_kept(void **state)
{
    static struct clock_memory m, got;
    double *share;

    (void)state;
    m = example();
    m.wander = 1.5;
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
    m = example();
    share = m.source[0].noise.bin[0].share;
    for (unsigned p = 0; p < NOISE_PARTS; p++)
        share[p] = p == 0 ? 1.0005 : 1e-9; /* as a sum it would pass for one that was rounded */
    assert_int_equal(verdict_on(&m, &got), -UE_RANGE);
}

static void only_so_many_sources_as_are_counted(void **state)
{
    static struct clock_memory m, got;

    (void)state;
    m = example();
    m.count = 1;
    assert_int_equal(verdict_on(&m, &got), 0);
    assert_int_equal(got.count, 1);
    strcpy(got.source[1].name, "ntp1.example:1123");
    assert_null(clock_memory_find(&got, "ntp1.example:1123"));
}

static void ST_02_a_frequency_beyond_the_limit_is_clamped_and_uncertain(void **state)
{
    static struct clock_memory m, got;

    (void)state;
    m = example();
    m.drift.freq_ppm = -600;
    assert_int_equal(verdict_on(&m, &got), 0);
    assert_true(got.drift.freq_ppm == -500 && got.drift.skew_ppm == 500 && got.beyond_ppm == -600);
    m.drift.freq_ppm = -500;
    assert_int_equal(verdict_on(&m, &got), 0);
    assert_true(got.beyond_ppm == 0);
}

static void a_file_of_version_1_is_taken(void **state)
{
    static const char text[] = "simple-utcd drift 1\nfreq_ppm 12.500000000\nskew_ppm 0.100000000\nchecksum c39625bf\n";
    static struct clock_memory got;

    (void)state;
    assert_int_equal(clock_memory_from_text(text, sizeof text - 1, 500, &got), 0);
    assert_true(got.drift.valid && got.drift.freq_ppm == 12.5 && got.synchronised_once && got.saved.ns == 0 && got.count == 0);
}

static void a_file_of_version_1_says_no_more_than_two_numbers(void **state)
{
    static const char text[] = "simple-utcd drift 1\nfreq_ppm 12.500000000\nskew_ppm 0.100000000\nknown 1\nchecksum bcec52c1\n";
    static struct clock_memory got;

    (void)state;
    assert_int_equal(clock_memory_from_text(text, sizeof text - 1, 500, &got), -UE_SYNTAX);
}

static void another_version_is_told_apart(void **state)
{
    static struct clock_memory got;

    (void)state;
    assert_int_equal(clock_memory_from_text("simple-utcd clock 3\nfreq 1\n", 27, 500, &got), -UE_VERSION);
    assert_int_equal(clock_memory_from_text("hello\n", 6, 500, &got), -UE_SYNTAX);
}

static void a_name_that_is_no_word_is_left_out(void **state)
{
    static const char *const names[] = { "a b", "" };
    static struct clock_memory m, got;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        m = example();
        strcpy(m.source[0].name, names[i]);
        assert_int_equal(verdict_on(&m, &got), 0);
        assert_int_equal(got.count, 1);
    }
}

/* Every name, number and count as long as it gets. */
static void the_largest_memory_has_room(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m;
    struct clock_noise *n;

    (void)state;
    m = (struct clock_memory){ .drift = { -DBL_MAX, -DBL_MAX, true }, .wander = -DBL_MIN, .saved = { INT64_MIN }, .stepped = { INT64_MIN },
                               .saved_raw = { INT64_MIN }, .synchronised_once = true, .count = CLOCK_MEMORY_SOURCES };
    for (uint32_t i = 0; i < m.count; i++) {
        memset(m.source[i].name, 'n', sizeof m.source[i].name - 1);
        n = &m.source[i].noise;
        n->floor_s = n->scale_s = n->error_var = -1.23456789e-300;
        n->samples = UINT32_MAX;
        for (unsigned b = 0; b < CLOCK_NOISE_BINS; b++) {
            n->bin[b].body = -1.23456e-300;
            for (unsigned p = 0; p < NOISE_PARTS; p++)
                n->bin[b].share[p] = -1.23456e-300;
        }
    }
    assert_true(text_of(&m, text) < sizeof text);
}

/* A text that was not damaged, as its checksum says, but that we would not have written. */
static int verdict_on_text(const char *was, const char *is)
{
    static char text[CLOCK_MEMORY_TEXT_MAX], changed[CLOCK_MEMORY_TEXT_MAX + 2];
    static struct clock_memory m, got;
    uint32_t h = UINT32_C(2166136261);
    char *at;
    size_t len;

    m = example();
    m.count = 1;
    text_of(&m, text);
    at = strstr(text, was);
    assert_non_null(at);
    len = (size_t)snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, is, at + strlen(was)) - strlen("checksum 01234567\n");
    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)changed[i]) * UINT32_C(16777619);
    len += (size_t)sprintf(changed + len, "checksum %08lx\n", (unsigned long)h);
    return clock_memory_from_text(changed, len, 500, &got);
}

/* Nothing is wrong with it but its length. */
static void ST_01_a_text_too_long_is_refused(void **state)
{
    static char text[CLOCK_MEMORY_TEXT_MAX], zeros[CLOCK_MEMORY_TEXT_MAX] = "known ";
    static struct clock_memory m;
    const size_t word = strlen("known 1");
    size_t left;

    (void)state;
    m = example();
    m.count = 1;
    left = CLOCK_MEMORY_TEXT_MAX - text_of(&m, text);
    memset(zeros + word - 1, '0', left + 1);
    strcpy(zeros + word - 1 + left, "1");
    assert_int_equal(verdict_on_text("known 1", zeros), -UE_SYNTAX);
    strcpy(zeros + word - 2 + left, "1");
    assert_int_equal(verdict_on_text("known 1", zeros), 0);
}

static void ST_01_words_that_we_do_not_write_are_refused(void **state)
{
    static const struct { const char *was, *is; int err; } rows[] = {
        { "wander", "wander", 0 }, { "freq_ppm -", "freq_ppm x", -UE_SYNTAX }, { "known 1", "known x", -UE_SYNTAX }, { "known 1", "known 2", -UE_RANGE },
        { "saved_ns 1", "saved_ns x", -UE_SYNTAX }, { "source ntp0.example:1123", "source ", -UE_SYNTAX }, { "source ", "sauce ", -UE_SYNTAX },
        { "checksum", "\nchecksum", -UE_SYNTAX }, { "1123 0.01 ", "1123 1000 ", 0 }, { "1123 0.01 ", "1123 1000.5 ", -UE_RANGE },
        { "1123 0.01 ", "1123 0.01 1000.5", -UE_RANGE }, { " 1e-08 ", " 1e6 ", 0 }, { " 1e-08 ", " 1000000.5 ", -UE_RANGE },
        { "ntp0.example", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -UE_SYNTAX },
        { "ntp0.example:1123", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -UE_SYNTAX },
        { "ntp0.example:1123", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0 }, /* as long as it may be */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (verdict_on_text(rows[i].was, rows[i].is) != rows[i].err)
            fail_msg("%s: %d", rows[i].is, verdict_on_text(rows[i].was, rows[i].is));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_back), cmocka_unit_test(LEAP_03_a_leap_second_may_be_near_to_what_was_stated),
        cmocka_unit_test(LEAP_03_a_leap_second_far_from_the_writing_is_damage),
        cmocka_unit_test(remembered_shares_are_used),
        cmocka_unit_test(a_law_wider_than_is_read_comes_back),
        cmocka_unit_test(ST_01_a_text_cut_anywhere_is_refused),
        cmocka_unit_test(ST_01_every_flipped_bit_is_found),
        cmocka_unit_test(ST_01_random_bytes_are_refused),
        cmocka_unit_test(ST_01_numbers_no_clock_can_have_are_refused),
        cmocka_unit_test(ST_01_each_limit_of_a_number_is_kept),
        cmocka_unit_test(only_so_many_sources_as_are_counted),
        cmocka_unit_test(ST_02_a_frequency_beyond_the_limit_is_clamped_and_uncertain),
        cmocka_unit_test(a_file_of_version_1_is_taken),
        cmocka_unit_test(a_file_of_version_1_says_no_more_than_two_numbers),
        cmocka_unit_test(another_version_is_told_apart),
        cmocka_unit_test(a_name_that_is_no_word_is_left_out),
        cmocka_unit_test(the_largest_memory_has_room),
        cmocka_unit_test(ST_01_a_text_too_long_is_refused),
        cmocka_unit_test(ST_01_words_that_we_do_not_write_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
