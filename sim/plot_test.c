/* What a picture of a run shows: the four panels with round limits, the time, and where something happened. */
#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#include "sim/plot.h"

static struct check_course course;

/* `n` points over ten hours, the first not usable. */
static void set_up_course(unsigned n)
{
    course = (struct check_course){ .count = n };
    for (unsigned i = 0; i < n; i++)
        course.point[i] = (struct check_point){ .at_s = 36000.0 * i / (n - 1), .error_s = 3e-6, .early_s = -0.0007, .late_s = 0.0008, .freq_ppm = -0.03,
                                                .poll_log2 = 6, .usable = i > 0 };
}

static char *drawn(const char *name, const char *text)
{
    struct story_error error;
    struct story s;
    char *svg = NULL;
    size_t size;
    FILE *out = open_memstream(&svg, &size);

    assert_non_null(out);
    assert_int_equal(story_parse(&s, name, text, &error), 0);
    plot_svg(out, &s, &course);
    fclose(out);
    story_free(&s);
    return svg;
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        n++;
    return n;
}

#define STORY "run 10h\nnode server a\nnode client c\nlink c a delay 1ms\nat 1h a falls silent\nat 2h a answers again\nat 2h a lies 1s\n"

static void four_panels_with_round_limits_and_the_time(void **state)
{
    static const char *const parts[] = { "served minus true, microseconds", ">5<", ">-5<",
                                         "earliest, served and latest minus true, milliseconds", ">1<", ">-1<",
                                         "frequency error, ppm", ">0.05<", ">-0.05<",
                                         "shortest poll interval, log2 of seconds", ">7<", ">0 h<", ">2 h<", ">10 h<" };
    char *svg;

    (void)state;
    set_up_course(100);
    svg = drawn("a day", STORY);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!strstr(svg, parts[i]))
            fail_msg("'%s' is not in the picture", parts[i]);
    assert_int_equal(count(svg, "<path"), 6);
    assert_int_equal(count(svg, "stroke-dasharray"), 4 * 2);
    assert_null(strstr(svg, "nan"));
    free(svg);
}

static void names_are_text_and_not_markup(void **state)
{
    char *svg;

    (void)state;
    set_up_course(100);
    svg = drawn("<b>&", STORY);
    assert_non_null(strstr(svg, "&lt;b>&amp;"));
    free(svg);
}

static void short_and_long_runs_have_few_ticks(void **state)
{
    static const double ends_s[] = { 0.5, 30, 3600, 86400, 86400 * 30.0, 86400 * 3650.0 };
    char *svg;

    (void)state;
    for (size_t i = 0; i < sizeof ends_s / sizeof ends_s[0]; i++) {
        set_up_course(100);
        for (unsigned n = 0; n < course.count; n++)
            course.point[n].at_s *= ends_s[i] / 36000;
        svg = drawn("a run", STORY);
        assert_in_range(count(svg, "\"middle\""), 4, 4 * 10);
        free(svg);
    }
}

/* A clock that was never usable has panels and no curve; so many moments that they would hide all are left out; nothing is drawn of nothing. */
static void odd_runs(void **state)
{
    char text[8192] = STORY, *svg;

    (void)state;
    set_up_course(2);
    course.point[1].usable = false;
    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "at %dm a lies 1s\n", 130 + i);
    svg = drawn("odd", text);
    assert_int_equal(count(svg, "d=\"\""), 6);
    assert_int_equal(count(svg, "stroke-dasharray"), 0);
    assert_null(strstr(svg, "inf"));
    free(svg);
    course.count = 0;
    svg = drawn("nothing", STORY);
    assert_string_equal(svg, "");
    free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_panels_with_round_limits_and_the_time),
        cmocka_unit_test(names_are_text_and_not_markup),
        cmocka_unit_test(short_and_long_runs_have_few_ticks),
        cmocka_unit_test(odd_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
