#include "nts/cookie.h"

#include "crypto/mac.h"

#define NUMBER_SIZE 4
#define NONCE_SIZE 16
#define HEAD_SIZE (NUMBER_SIZE + NONCE_SIZE)

static uint32_t load(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }

void nts_ring_put(struct nts_ring *ring, uint32_t number, const uint8_t key[NTS_RING_KEY_SIZE])
{
    struct nts_ring_row *row = &ring->row[number % NTS_RING_KEYS];
    uint8_t bytes[NUMBER_SIZE];

    __atomic_store_n(&row->number, 0, __ATOMIC_SEQ_CST); /* readers of the old key see that it is gone before it is */
    memcpy(row->key, key, sizeof row->key);
    crypto_siv_init(&row->siv, CRYPTO_AEAD_SIV_CMAC_256, key);
    wire_put32(bytes, number);
    crypto_siv_bind(&row->siv, bytes, sizeof bytes);
    __atomic_store_n(&row->number, number, __ATOMIC_SEQ_CST);
}

void nts_ring_turn(struct nts_ring *ring, const struct rng *rng)
{
    uint32_t number = ring->newest + 1 ? ring->newest + 1 : 1;
    uint8_t key[NTS_RING_KEY_SIZE];

    rng->fill(rng->ctx, key, sizeof key);
    nts_ring_put(ring, number, key);
    __atomic_store_n(&ring->newest, number, __ATOMIC_SEQ_CST);
    crypto_wipe(key, sizeof key);
}

size_t nts_cookie_size(unsigned aead) { return HEAD_SIZE + CRYPTO_SIV_TAG_SIZE + 2 * crypto_siv_key_size(aead); }

/* Sealed text has no associated data but the key's number, which is bound to the key. */
static struct crypto_siv_text text_of(const uint8_t *cookie) { return (struct crypto_siv_text){ .nonce = cookie + NUMBER_SIZE, .nonce_len = NONCE_SIZE }; }

bool nts_cookie_make(const struct nts_ring *ring, const struct nts_keys *keys, const struct rng *rng, uint8_t *out)
{
    uint32_t number = load(&ring->newest);
    const struct nts_ring_row *row = &ring->row[number % NTS_RING_KEYS];
    size_t key_size = crypto_siv_key_size(keys->aead);
    uint8_t plain[2 * CRYPTO_SIV_KEY_MAX];
    struct crypto_siv_text t = text_of(out);

    if (number == 0)
        return false;
    wire_put32(out, number);
    rng->fill(rng->ctx, out + NUMBER_SIZE, NONCE_SIZE);
    memcpy(plain, keys->c2s, key_size);
    memcpy(plain + key_size, keys->s2c, key_size);
    crypto_siv_seal(&row->siv, &t, plain, 2 * key_size, out + HEAD_SIZE);
    crypto_wipe(plain, sizeof plain);
    return load(&row->number) == number;
}

static unsigned aead_of(size_t cookie_len)
{
    static const unsigned known[] = { CRYPTO_AEAD_SIV_CMAC_256, CRYPTO_AEAD_SIV_CMAC_512, CRYPTO_AEAD_GCM_SIV_128 };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (crypto_siv_key_size(known[i]) > 0 && cookie_len == nts_cookie_size(known[i]))
            return known[i];
    return 0;
}

bool nts_cookie_open(const struct nts_ring *ring, struct span cookie, struct nts_keys *out)
{
    unsigned aead = aead_of(cookie.len);
    size_t key_size = crypto_siv_key_size(aead);
    uint8_t plain[2 * CRYPTO_SIV_KEY_MAX];
    const struct nts_ring_row *row;
    struct crypto_siv_text t;
    uint32_t number;
    bool good;

    memset(out, 0, sizeof *out);
    if (aead == 0)
        return false;
    number = wire_get32(cookie.at);
    row = &ring->row[number % NTS_RING_KEYS];
    if (number == 0 || load(&row->number) != number)
        return false;
    t = text_of(cookie.at);
    good = crypto_siv_open(&row->siv, &t, cookie.at + HEAD_SIZE, 2 * key_size, plain) && load(&row->number) == number;
    if (good) {
        out->aead = (uint16_t)aead;
        memcpy(out->c2s, plain, key_size);
        memcpy(out->s2c, plain + key_size, key_size);
    }
    crypto_wipe(plain, sizeof plain);
    return good;
}
