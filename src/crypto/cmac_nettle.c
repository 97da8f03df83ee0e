#include "crypto/cmac_nettle.h"

#include <assert.h>
#include <string.h>

#include <nettle/cbc.h>

#define BLOCK CMAC_BLOCK
#define SINK 256                /* a multiple of BLOCK */
#define SHORT 64                /* likewise */

void aes_key_init(struct aes_key *k, bool wide, const uint8_t *key)
{
    k->wide = wide;
    if (wide)
        aes256_set_encrypt_key(&k->as.aes256, key);
    else
        aes128_set_encrypt_key(&k->as.aes128, key);
}

void aes_key_encrypt(const struct aes_key *k, const uint8_t *in, size_t len, uint8_t *out)
{
    if (k->wide)
        aes256_encrypt(&k->as.aes256, len, out, in);
    else
        aes128_encrypt(&k->as.aes128, len, out, in);
}

void cmac_init(struct cmac_key *k, bool wide, const uint8_t *key)
{
    static const uint8_t zero[BLOCK];
    struct cmac_number subkey;

    aes_key_init(&k->aes, wide, key);
    aes_key_encrypt(&k->aes, zero, BLOCK, k->last_whole);
    subkey = cmac_double(cmac_get(k->last_whole));
    cmac_put(k->last_whole, subkey);
    cmac_put(k->last_part, cmac_double(subkey));
}

void cmac_text_init(const struct cmac_key *k, const uint8_t *text, size_t len, struct cmac_text *out)
{
    size_t before = len > 0 ? (len - 1) / BLOCK : 0, rest = len - before * BLOCK;

    out->at = text;
    out->blocks = before;
    out->has_last = true;
    memset(out->state, 0, BLOCK);
    memset(out->last, 0, BLOCK);
    if (rest > 0)
        memcpy(out->last, text + before * BLOCK, rest);
    if (rest < BLOCK)
        out->last[rest] = 0x80;
    cmac_add(out->last, rest == BLOCK ? k->last_whole : k->last_part);
}

static size_t length(const struct cmac_text *t) { return t->blocks + t->has_last; }

static const uint8_t *block_of(const struct cmac_text *t, size_t i) { return i < t->blocks ? t->at + i * BLOCK : t->last; }

/* Whole blocks through the chain; what it makes of them on the way goes to `sink`, len bytes, which may be where they are. */
static void cbc(const struct aes_key *k, uint8_t state[BLOCK], const uint8_t *at, size_t len, uint8_t *sink)
{
    if (k->wide)
        cbc_aes256_encrypt(&k->as.aes256, state, len, sink, at);
    else
        cbc_aes128_encrypt(&k->as.aes128, state, len, sink, at);
}

/* Blocks from the given one on, alone. */
static void chain(const struct aes_key *k, struct cmac_text *t, size_t from)
{
    uint8_t sink[SINK];

    for (size_t n; from < t->blocks; from += n) {
        n = t->blocks - from < SINK / BLOCK ? t->blocks - from : SINK / BLOCK;
        cbc(k, t->state, t->at + from * BLOCK, n * BLOCK, sink);
    }
    if (t->has_last) {
        cmac_add(t->state, t->last);
        aes_key_encrypt(k, t->state, BLOCK, t->state);
    }
}

/* How far all go together: as long as there are two. */
static size_t together(const struct cmac_text text[], size_t n, size_t *longest)
{
    size_t first = 0, second = 0;

    *longest = 0;
    for (size_t i = 0; i < n; i++)
        if (length(&text[i]) > first) {
            second = first;
            first = length(&text[i]);
            *longest = i;
        } else if (length(&text[i]) > second)
            second = length(&text[i]);
    return second;
}

void cmac_run(const struct cmac_key *k, struct cmac_text text[], size_t n)
{
    uint8_t x[CMAC_TEXTS_MAX][BLOCK];
    size_t longest, common;

    assert(n <= CMAC_TEXTS_MAX);
    if (n == 1) {
        chain(&k->aes, text, 0);
        return;
    }
    common = together(text, n, &longest);
    for (size_t j = 0; j < n; j++)
        memcpy(x[j], text[j].state, BLOCK);
    for (size_t i = 0; i < common; i++) {
        for (size_t j = 0; j < n; j++)
            if (i < length(&text[j]))
                cmac_add(x[j], block_of(&text[j], i));
        aes_key_encrypt(&k->aes, x[0], n * BLOCK, x[0]); /* what has ended already goes along for nothing */
        for (size_t j = 0; j < n; j++)
            if (i + 1 == length(&text[j]) || (i + 1 == common && j == longest))
                memcpy(text[j].state, x[j], BLOCK);
    }
    if (length(&text[longest]) > common)
        chain(&k->aes, &text[longest], common);
}

/* A short text, such as a packet, is padded in a copy, so that it goes through in one call. */
void cmac_digest(const struct cmac_key *k, const uint8_t *text, size_t len, uint8_t out[BLOCK])
{
    static const struct cmac_number nothing;
    uint8_t copy[SHORT / BLOCK + 1][BLOCK];
    size_t whole = len / BLOCK, rest = len % BLOCK, n;
    struct cmac_text t;

    if (len > SHORT) {
        cmac_text_init(k, text, len, &t);
        chain(&k->aes, &t, 0);
        memcpy(out, t.state, BLOCK);
        return;
    }
    for (n = 0; n < whole; n++)
        memcpy(copy[n], text + n * BLOCK, BLOCK);
    if (rest > 0 || len == 0) {
        cmac_put(copy[n], nothing);
        for (size_t i = 0; i < rest; i++)
            copy[n][i] = text[n * BLOCK + i];
        copy[n++][rest] = 0x80;
    }
    cmac_add(copy[n - 1], n == whole ? k->last_whole : k->last_part);
    cmac_put(out, nothing);
    cbc(&k->aes, out, copy[0], n * BLOCK, copy[0]);
}
