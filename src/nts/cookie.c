#include "nts/cookie.h"

#include "crypto/mac.h"

#define NUMBER_SIZE 4            /* of a key, where it is bound to it */
#define HEAD_SIZE 8              /* the last byte of the number, and what is random */

_Static_assert((UINT8_MAX + 1) % NTS_RING_KEYS == 0, "the last byte of a number tells its row");

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
static struct crypto_siv_text text_of(const uint8_t *cookie) { return (struct crypto_siv_text){ .nonce = cookie, .nonce_len = HEAD_SIZE }; }

static void make_head(uint32_t number, const struct rng *rng, uint8_t out[HEAD_SIZE])
{
    rng->fill(rng->ctx, out, HEAD_SIZE);
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

/* A cookie by its shape, and the key that its first byte names. */
struct seen {
    unsigned aead;
    const struct nts_ring_row *row;
    uint32_t number;             /* of the row, as it was before its use */
    struct span sealed;
    size_t len;                  /* of what is in it */
    struct crypto_siv_text text;
};

/* False for one that is none of ours. */
static bool look_at(const struct nts_ring *ring, struct span cookie, struct seen *out)
{
    out->aead = aead_of(cookie.len);
    if (out->aead == 0)
        return false;
    out->row = &ring->row[cookie.at[0] % NTS_RING_KEYS];
    out->number = load(&out->row->number);
    out->sealed = (struct span){ cookie.at + HEAD_SIZE, cookie.len - HEAD_SIZE };
    out->len = out->sealed.len - CRYPTO_SIV_TAG_SIZE;
    out->text = text_of(cookie.at);
    return out->number != 0 && (uint8_t)out->number == cookie.at[0];
}

/* What was in it, if it was opened by the key that was meant; plain is wiped. */
static bool take_keys(const struct seen *c, bool opened, uint8_t *plain, struct nts_keys *out)
{
    bool good = opened && load(&c->row->number) == c->number;

    if (good) {
        out->aead = (uint16_t)c->aead;
        memcpy(out->c2s, plain, c->len / 2);
        memcpy(out->s2c, plain + c->len / 2, c->len / 2);
    }
    crypto_wipe(plain, c->len);
    return good;
}

bool nts_cookie_open(const struct nts_ring *ring, struct span cookie, struct nts_keys *out)
{
    uint8_t plain[2 * CRYPTO_SIV_KEY_MAX];
    struct seen c;

    memset(out, 0, sizeof *out);
    return look_at(ring, cookie, &c) && take_keys(&c, crypto_siv_open(&c.row->siv, &c.text, c.sealed.at, c.len, plain), plain, out);
}

bool nts_cookie_renew(const struct nts_ring *ring, struct span cookie, const struct rng *rng, struct nts_keys *keys, uint8_t *out)
{
    uint8_t plain[2 * CRYPTO_SIV_KEY_MAX];
    struct seen c;

    keys->aead = 0;
    if (!look_at(ring, cookie, &c))
        return false;
    if (c.number != load(&ring->newest)) {
        if (nts_cookie_open(ring, cookie, keys) && nts_cookie_make(ring, keys, rng, out))
            return true;
        keys->aead = 0;
        return false;
    }
    make_head(c.number, rng, out);
    return take_keys(&c, crypto_siv_renew(&c.row->siv, &c.text, c.sealed.at, c.len, plain, out, out + HEAD_SIZE), plain, keys);
}
