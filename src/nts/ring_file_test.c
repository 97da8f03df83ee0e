/* The ring of cookie keys written for a file and read back; every file that is none is refused and leaves no key behind: NTS-17. */
#include "base/test.h"

#include "nts/ring_file.h"

#define TURNED INT64_C(1790000000123456789)

struct fixture {
    struct prng prng;
    struct rng rng;
    struct nts_ring ring;
    uint8_t bytes[NTS_RING_FILE_SIZE];
};

static void fixture_init(struct fixture *f, unsigned turns)
{
    memset(f, 0, sizeof *f);
    prng_seed(&f->prng, 5);
    f->rng = prng_as_rng(&f->prng);
    for (unsigned i = 0; i < turns; i++)
        nts_ring_turn(&f->ring, &f->rng);
    nts_ring_to_file(&f->ring, TURNED, f->bytes);
}

static const char *read_bytes(const uint8_t *bytes, size_t len, struct nts_ring *ring)
{
    int64_t turned;

    memset(ring, 0, sizeof *ring);
    return nts_ring_from_file((struct span){ bytes, len }, ring, &turned);
}

static void cookies_of_before_open_after(void **state)
{
    struct nts_keys keys = { .aead = CRYPTO_AEAD_SIV_CMAC_256, .c2s = { 1 }, .s2c = { 2 } }, out;
    uint8_t cookie[NTS_COOKIE_MAX];
    struct nts_cookie c;
    struct nts_ring again;
    int64_t turned = 0;
    struct fixture f;

    (void)state;
    for (unsigned turns = 1; turns <= 2 * NTS_RING_KEYS + 1; turns++) {
        fixture_init(&f, turns);
        assert_true(nts_cookie_make(&f.ring, &keys, &f.rng, cookie));
        memset(&again, 0, sizeof again);
        assert_null(nts_ring_from_file((struct span){ f.bytes, sizeof f.bytes }, &again, &turned));
        assert_true(turned == TURNED);
        assert_true(nts_cookie_look(&again, (struct span){ cookie, nts_cookie_size(keys.aead) }, &c) && nts_cookie_open(&c, &out));
        assert_memory_equal(out.c2s, keys.c2s, sizeof keys.c2s);
        nts_ring_turn(&again, &f.rng);
        assert_int_equal(again.newest, turns + 1);
        assert_true(nts_cookie_look(&again, (struct span){ cookie, nts_cookie_size(keys.aead) }, &c) && nts_cookie_open(&c, &out));
    }
}

static void NTS_17_what_is_no_ring(void **state)
{
    static const uint8_t zero[NTS_RING_FILE_SIZE];
    struct nts_ring ring;
    struct fixture f;

    (void)state;
    fixture_init(&f, 6);
    assert_null(read_bytes(f.bytes, sizeof f.bytes, &ring));
    for (size_t len = 0; len < sizeof f.bytes; len++) {
        assert_non_null(read_bytes(f.bytes, len, &ring));
        assert_false(nts_ring_is_there(&ring));
    }
    for (size_t bit = 0; bit < 8 * sizeof f.bytes; bit++) {
        f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_non_null(read_bytes(f.bytes, sizeof f.bytes, &ring));
        assert_false(nts_ring_is_there(&ring));
        f.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_non_null(read_bytes(zero, sizeof zero, &ring));
}

/* Whole files with a true digest, of rings that there cannot be. */
static void NTS_17_rings_that_there_cannot_be(void **state)
{
    struct nts_ring ring;
    struct fixture f;

    (void)state;
    fixture_init(&f, 6);
    memset(f.ring.row[f.ring.newest % NTS_RING_KEYS].key, 0, NTS_RING_KEY_SIZE); /* never run with a zero key */
    nts_ring_to_file(&f.ring, TURNED, f.bytes);
    assert_non_null(read_bytes(f.bytes, sizeof f.bytes, &ring));
    fixture_init(&f, 6);
    f.ring.newest++; /* its key is not there */
    nts_ring_to_file(&f.ring, TURNED, f.bytes);
    assert_non_null(read_bytes(f.bytes, sizeof f.bytes, &ring));
    fixture_init(&f, 6);
    f.ring.row[1].number -= NTS_RING_KEYS; /* too old */
    nts_ring_to_file(&f.ring, TURNED, f.bytes);
    assert_non_null(read_bytes(f.bytes, sizeof f.bytes, &ring));
    fixture_init(&f, 0);
    assert_non_null(read_bytes(f.bytes, sizeof f.bytes, &ring));
    fixture_init(&f, 6);
    f.ring.row[f.ring.newest % NTS_RING_KEYS].number = 0; /* the one that seals */
    nts_ring_to_file(&f.ring, TURNED, f.bytes);
    assert_non_null(read_bytes(f.bytes, sizeof f.bytes, &ring));
}

/* 0 is no key: after the last number comes 1. */
static void numbers_of_keys_begin_anew(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f, 1);
    f.ring.newest = UINT32_MAX;
    nts_ring_turn(&f.ring, &f.rng);
    assert_int_equal(f.ring.newest, 1);
    assert_true(nts_ring_is_there(&f.ring));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cookies_of_before_open_after), cmocka_unit_test(NTS_17_what_is_no_ring),
                                        cmocka_unit_test(NTS_17_rings_that_there_cannot_be),
                                        cmocka_unit_test(numbers_of_keys_begin_anew) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
