/* The file of cookie keys: what is refused leaves the ring without a key; what is taken seals and opens, and is written again as it was. The bytes are tried as
 * they are, and with a right digest, which no fuzzer finds. */
#include <assert.h>
#include <string.h>

#include "crypto/hash.h"
#include "nts/ring_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct nts_ring *ring)
{
    const struct nts_keys keys = { .aead = CRYPTO_AEAD_SIV_CMAC_256, .c2s = { 1 }, .s2c = { 2 } };
    struct nts_keys opened;
    struct nts_cookie c;
    uint8_t cookie[NTS_COOKIE_MAX];
    struct prng prng;
    struct rng rng;

    prng_seed(&prng, 1);
    rng = prng_as_rng(&prng);
    assert(nts_cookie_make(ring, &keys, &rng, cookie));
    assert(nts_cookie_look(ring, (struct span){ cookie, nts_cookie_size(keys.aead) }, &c) && nts_cookie_open(&c, &opened));
    assert(memcmp(&opened, &keys, sizeof keys) == 0);
}

static void try(struct span bytes)
{
    static const struct nts_ring none;
    struct nts_ring ring = none;
    uint8_t again[NTS_RING_FILE_SIZE];
    int64_t turned = -7;

    if (nts_ring_from_file(bytes, &ring, &turned)) {
        assert(memcmp(&ring, &none, sizeof ring) == 0 && turned == -7);
        return;
    }
    use(&ring);
    nts_ring_to_file(&ring, turned, again);
    for (unsigned i = 0; i < NTS_RING_KEYS; i++)
        if (ring.row[i].number) /* what stands in a row without a key is not kept */
            assert(memcmp(again + 20 + i * (4 + NTS_RING_KEY_SIZE), bytes.at + 20 + i * (4 + NTS_RING_KEY_SIZE), 4 + NTS_RING_KEY_SIZE) == 0);
    assert(memcmp(again, bytes.at, 20) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t closed[NTS_RING_FILE_SIZE] = { 0 };

    try((struct span){ data, size });
    memcpy(closed, data, size < sizeof closed ? size : sizeof closed);
    crypto_sha1(closed, sizeof closed - CRYPTO_SHA1_SIZE, closed + sizeof closed - CRYPTO_SHA1_SIZE);
    try((struct span){ closed, sizeof closed });
    return 0;
}
