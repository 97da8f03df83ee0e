#include "nts/cookie.h"

#include "crypto/mac.h"

#define NUMBER_SIZE 4            /* of a key, where it is bound to it */

_Static_assert((UINT8_MAX + 1) % NTS_RING_KEYS == 0, "the last byte of a number tells its row");

static uint32_t load(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }

/* After its use: what was read before is read before this. */
static bool is_still(const struct nts_ring_row *row, uint32_t number)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&row->number, __ATOMIC_RELAXED) == number;
}

void nts_ring_put(struct nts_ring *ring, uint32_t number, const uint8_t key[NTS_RING_KEY_SIZE])
{
    struct nts_ring_row *row = &ring->row[number % NTS_RING_KEYS];
    uint8_t bytes[NUMBER_SIZE];

    __atomic_store_n(&row->number, 0, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* readers of the old key see that it is gone before it is */
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

size_t nts_cookie_size(unsigned aead) { return NTS_COOKIE_HEAD + CRYPTO_SIV_TAG_SIZE + 2 * crypto_siv_key_size(aead); }

/* Sealed text has no associated data but the key's number, which is bound to the key. */
static struct crypto_siv_text text_of(const uint8_t *cookie) { return (struct crypto_siv_text){ .nonce = cookie, .nonce_len = NTS_COOKIE_HEAD }; }

static void make_head(uint32_t number, const struct rng *rng, uint8_t out[NTS_COOKIE_HEAD])
{
    rng->fill(rng->ctx, out, NTS_COOKIE_HEAD);
    out[0] = (uint8_t)number;
}

bool nts_cookie_make(const struct nts_ring *ring, const struct nts_keys *keys, const struct rng *rng, uint8_t *out)
{
    uint32_t number = load(&ring->newest);
    const struct nts_ring_row *row = &ring->row[number % NTS_RING_KEYS];
    size_t key_size = crypto_siv_key_size(keys->aead);
    uint8_t plain[2 * CRYPTO_SIV_KEY_MAX];
    struct crypto_siv_text t = text_of(out);

    if (number == 0)
        return false;
    make_head(number, rng, out);
    memcpy(plain, keys->c2s, key_size);
    memcpy(plain + key_size, keys->s2c, key_size);
    crypto_siv_seal(&row->siv, &t, plain, 2 * key_size, out + NTS_COOKIE_HEAD);
    crypto_wipe(plain, sizeof plain);
    return is_still(row, number);
}

static unsigned aead_of(size_t cookie_len)
{
    static const unsigned known[] = { CRYPTO_AEAD_SIV_CMAC_256, CRYPTO_AEAD_SIV_CMAC_512, CRYPTO_AEAD_GCM_SIV_128 };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (crypto_siv_key_size(known[i]) > 0 && cookie_len == nts_cookie_size(known[i]))
            return known[i];
    return 0;
}

bool nts_cookie_look(const struct nts_ring *ring, struct span cookie, struct nts_cookie *out)
{
    out->aead = aead_of(cookie.len);
    if (out->aead == 0)
        return false;
    out->row = &ring->row[cookie.at[0] % NTS_RING_KEYS];
    out->number = load(&out->row->number);
    out->bytes = cookie;
    return out->number != 0 && (uint8_t)out->number == cookie.at[0];
}

bool nts_cookie_open(const struct nts_cookie *c, struct nts_keys *out)
{
    struct crypto_siv_text t = text_of(c->bytes.at);
    size_t len = c->bytes.len - NTS_COOKIE_HEAD - CRYPTO_SIV_TAG_SIZE;
    uint8_t plain[2 * CRYPTO_SIV_KEY_MAX];
    bool good = crypto_siv_open(&c->row->siv, &t, c->bytes.at + NTS_COOKIE_HEAD, len, plain) && is_still(c->row, c->number);

    memset(out, 0, sizeof *out);
    if (good) {
        out->aead = (uint16_t)c->aead;
        memcpy(out->c2s, plain, len / 2);
        memcpy(out->s2c, plain + len / 2, len / 2);
    }
    crypto_wipe(plain, len);
    return good;
}

bool nts_cookie_is_newest(const struct nts_ring *ring, const struct nts_cookie *c)
{
    return c->aead == CRYPTO_AEAD_SIV_CMAC_256 && c->number == load(&ring->newest);
}

bool nts_cookie_exchange(const struct nts_cookie *c, const struct rng *rng, uint8_t *head, size_t head_len, struct crypto_siv_exchange *x)
{
    make_head(c->number, rng, head + head_len - NTS_COOKIE_HEAD);
    x->head = head;
    x->head_len = head_len;
    x->cookie = text_of(c->bytes.at);
    x->sealed = c->bytes.at + NTS_COOKIE_HEAD;
    return crypto_siv_exchange(&c->row->siv, x) && is_still(c->row, c->number);
}
