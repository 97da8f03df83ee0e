/* An attacker off the path, who knows everything but what is random: he sends answers to the pending request with guessed origins, from the server's address to
 * the right port (which he would have to guess as well). None may be believed, be it time or a kiss. GUESSES says how many; at night it is 10^9. */
#include "ntp/client_fixture.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define ORIGIN_AT 24

static uint64_t guesses(void)
{
    const char *wanted = getenv("GUESSES");

    return wanted ? strtoull(wanted, NULL, 10) : 2000000;
}

/* The guesses that are likely to be right, if any are: near the origin, and what a weak generator or a clock would give; then random ones. */
static uint64_t guess(const struct fixture *f, struct prng *p, uint64_t i)
{
    uint64_t right = f->c.origin.raw, g = prng_u64(p);

    if (i % 4 == 0)
        g = right ^ UINT64_C(1) << (i / 4 % 64);
    else if (i % 64 == 1)
        g = right + g % 1000 - 500;
    else if (i % 64 == 2)
        g = ntp_ts64_from_utc(utc_of(f->now)).raw + g % 65536;
    return g == right ? g ^ 1 : g; /* to guess right by chance is not what is looked at: 1 in 2^64 */
}

static void NTPC_01_no_guess_is_believed(void **state)
{
    const uint32_t kinds[] = { 0, NTP_REFID('R', 'A', 'T', 'E'), NTP_REFID('D', 'E', 'N', 'Y') };
    struct ntp_client_reply r;
    struct fixture f;
    uint64_t accepted = 0, count = guesses(), i = 0;
    struct prng attacker;

    (void)state;
    prng_seed(&attacker, 99);
    fixture_init(&f, true);
    while (i < count) {
        uint8_t bytes[NTP_HEADER_SIZE];
        struct ntp_header h;
        struct ntp_client before;
        uint64_t end = i + 1000000 < count ? i + 1000000 : count;

        ask(&f); /* fresh randomness for each million of guesses */
        h = kinds[i / 1000000 % 3] ? kiss_header(&f, kinds[i / 1000000 % 3]) : answer_header(&f, 0);
        ntp_header_write(&h, bytes);
        before = f.c;
        for (struct ntp_client_input in = input_of(&f, bytes, sizeof bytes); i < end; i++) {
            uint64_t g = htobe64(guess(&f, &attacker, i));

            memcpy(bytes + ORIGIN_AT, &g, sizeof g);
            accepted += ntp_client_input(&f.c, &in, f.now, &r) == VERDICT_ACCEPTED || r.measured || r.stop;
        }
        assert_unchanged(&before, &f.c);
    }
    assert_int_equal(accepted, 0);
    assert_int_equal(f.c.stats.verdict[VERDICT_BOGUS], count);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(NTPC_01_no_guess_is_believed) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
