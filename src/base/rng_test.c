/* Same seed, same numbers; and the laws have their moments. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

static void a_seed_replays(void **state)
{
    struct prng a, b;
    uint8_t x[13], y[13];
    struct rng ra, rb;

    (void)state;
    prng_seed(&a, 0);
    prng_seed(&b, 0);
    for (int i = 0; i < 100; i++)
        assert_true(prng_u64(&a) == prng_u64(&b));
    ra = prng_as_rng(&a);
    rb = prng_as_rng(&b);
    ra.fill(ra.ctx, x, sizeof x);
    rb.fill(rb.ctx, y, sizeof y);
    assert_memory_equal(x, y, sizeof x);
    assert_true(rng_u64(&ra) == rng_u64(&rb));
    prng_seed(&b, 1);
    assert_true(prng_u64(&a) != prng_u64(&b));
}

static void laws_have_their_moments(void **state)
{
    struct prng p;
    double u = 0, n = 0, n2 = 0, e = 0;
    const int count = 200000;

    (void)state;
    prng_seed(&p, 7);
    for (int i = 0; i < count; i++) {
        double z = prng_normal(&p);

        u += prng_uniform(&p);
        n += z;
        n2 += z * z;
        e += prng_exponential(&p);
    }
    assert_true(fabs(u / count - 0.5) < 0.005);
    assert_true(fabs(n / count) < 0.01);
    assert_true(fabs(n2 / count - 1) < 0.02);
    assert_true(fabs(e / count - 1) < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_seed_replays), cmocka_unit_test(laws_have_their_moments) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
