/* The part of cmocka that the unit tests use, for machines the library is not packaged for (tools/cross): a failed assertion says
 * where and leaves the test by longjmp; results are printed in TAP. One test program is one translation unit. */
#ifndef TESTS_CROSS_CMOCKA_H
#define TESTS_CROSS_CMOCKA_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction test_func;
    CMFixtureFunction setup_func, teardown_func;
    void *initial_state;
};

enum shim_outcome { SHIM_PASSED, SHIM_FAILED, SHIM_SKIPPED };

static jmp_buf shim_end_of_test;

static inline _Noreturn void shim_fail(const char *file, int line, const char *what)
{
    printf("# %s:%d: %s\n", file, line, what);
    longjmp(shim_end_of_test, SHIM_FAILED);
}

static inline _Noreturn void shim_fail_numbers(const char *file, int line, const char *what, long long a, long long b)
{
    printf("# %s:%d: %s (%lld and %lld)\n", file, line, what, a, b);
    longjmp(shim_end_of_test, SHIM_FAILED);
}

static inline void shim_memory_equal(const void *a, const void *b, size_t size, int want, const char *file, int line, const char *what)
{
    if ((memcmp(a, b, size) == 0) != want)
        shim_fail(file, line, what);
}

#define SHIM_ASSERT(condition, what) do { if (!(condition)) shim_fail(__FILE__, __LINE__, what); } while (0)
/* As the library does, numbers are compared as the largest integer there is. */
#define SHIM_NUMBERS(a, op, b) do { \
        intmax_t shim_a = (intmax_t)(a), shim_b = (intmax_t)(b); \
        if (!(shim_a op shim_b)) \
            shim_fail_numbers(__FILE__, __LINE__, #a " " #op " " #b, shim_a, shim_b); \
    } while (0)

#define assert_true(c) SHIM_ASSERT(c, #c " is false")
#define assert_false(c) SHIM_ASSERT(!(c), #c " is true")
#define assert_int_equal(a, b) SHIM_NUMBERS(a, ==, b)
#define assert_int_not_equal(a, b) SHIM_NUMBERS(a, !=, b)
#define assert_null(p) SHIM_ASSERT((p) == NULL, #p " is not null")
#define assert_non_null(p) SHIM_ASSERT((p) != NULL, #p " is null")
#define assert_ptr_equal(a, b) SHIM_ASSERT((const void *)(a) == (const void *)(b), #a " is not " #b)
#define assert_ptr_not_equal(a, b) SHIM_ASSERT((const void *)(a) != (const void *)(b), #a " is " #b)
#define assert_in_range(v, low, high) do { SHIM_NUMBERS(v, >=, low); SHIM_NUMBERS(v, <=, high); } while (0)
#define assert_not_in_range(v, low, high) SHIM_ASSERT((v) < (low) || (v) > (high), #v " is in the range")
#define assert_string_equal(a, b) do { \
        const char *shim_s = (a), *shim_t = (b); \
        if (strcmp(shim_s, shim_t) != 0) { \
            printf("# \"%s\" is not \"%s\"\n", shim_s, shim_t); \
            shim_fail(__FILE__, __LINE__, #a); \
        } \
    } while (0)
#define assert_string_not_equal(a, b) SHIM_ASSERT(strcmp(a, b) != 0, #a " equals " #b)
#define assert_memory_equal(a, b, size) shim_memory_equal(a, b, size, 1, __FILE__, __LINE__, #a " differs from " #b)
#define assert_memory_not_equal(a, b, size) shim_memory_equal(a, b, size, 0, __FILE__, __LINE__, #a " equals " #b)
#define assert_float_equal(a, b, epsilon) SHIM_ASSERT(fabs((double)(a) - (double)(b)) <= (double)(epsilon), #a " is not near " #b)
#define assert_double_equal(a, b, epsilon) assert_float_equal(a, b, epsilon)
#define fail() shim_fail(__FILE__, __LINE__, "fail()")
#define fail_msg(...) do { printf("# " __VA_ARGS__); printf("\n"); fail(); } while (0)
#define skip() longjmp(shim_end_of_test, SHIM_SKIPPED)
#define print_message(...) printf("# " __VA_ARGS__)

#define cmocka_unit_test(f) { #f, f, NULL, NULL, NULL }
#define cmocka_unit_test_setup(f, s) { #f, f, s, NULL, NULL }
#define cmocka_unit_test_teardown(f, t) { #f, f, NULL, t, NULL }
#define cmocka_unit_test_setup_teardown(f, s, t) { #f, f, s, t, NULL }
#define cmocka_unit_test_prestate(f, p) { #f, f, NULL, NULL, p }

static inline enum shim_outcome shim_run_one(const struct CMUnitTest *test, void *group_state)
{
    void *state = test->initial_state != NULL ? test->initial_state : group_state;
    volatile enum shim_outcome outcome = SHIM_FAILED;

    if (test->setup_func != NULL && test->setup_func(&state) != 0)
        return SHIM_FAILED;
    outcome = (enum shim_outcome)setjmp(shim_end_of_test);
    if (outcome == SHIM_PASSED)
        test->test_func(&state);
    if (test->teardown_func != NULL && test->teardown_func(&state) != 0)
        outcome = SHIM_FAILED;
    return outcome;
}

static inline int shim_run_group(const struct CMUnitTest *tests, size_t count, CMFixtureFunction setup, CMFixtureFunction teardown)
{
    void *state = NULL;
    int failed = 0;

    printf("1..%zu\n", count);
    if (setup != NULL && setup(&state) != 0)
        return 1;
    for (size_t i = 0; i < count; i++) {
        enum shim_outcome outcome = shim_run_one(&tests[i], state);

        failed += outcome == SHIM_FAILED;
        printf("%s %zu - %s%s\n", outcome == SHIM_FAILED ? "not ok" : "ok", i + 1, tests[i].name, outcome == SHIM_SKIPPED ? " # SKIP" : "");
        fflush(stdout);
    }
    if (teardown != NULL && teardown(&state) != 0)
        failed++;
    return failed;
}

#define cmocka_run_group_tests(tests, setup, teardown) shim_run_group(tests, sizeof (tests) / sizeof (tests)[0], setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown) cmocka_run_group_tests(tests, setup, teardown)

#endif
