/* NTS in NTP packets, as a sequence: a client and a server share keys, and each step of {kind, place, mask, ...} is an exchange whose request or answer is
 * damaged, or the ring of cookie keys turns. Damage is never believed, and without damage all goes well as long as cookies last. */
#include <assert.h>
#include <string.h>

#include "nts/client.h"
#include "nts/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    struct prng prng;
    struct rng rng;
    struct nts_ring ring;
    struct nts_client c;
    unsigned turns;              /* of the ring since the oldest cookie was made */
};

static void establish(struct run *r)
{
    struct nts_ke_grant grant = { .aead = CRYPTO_AEAD_SIV_CMAC_256, .cookie_count = NTS_COOKIES_MAX,
                                  .cookie_size = (uint16_t)nts_cookie_size(CRYPTO_AEAD_SIV_CMAC_256) };
    struct nts_keys keys = { .aead = CRYPTO_AEAD_SIV_CMAC_256 };

    r->rng.fill(r->rng.ctx, keys.c2s, 32);
    r->rng.fill(r->rng.ctx, keys.s2c, 32);
    for (unsigned i = 0; i < NTS_COOKIES_MAX; i++)
        assert(nts_cookie_make(&r->ring, &keys, &r->rng, grant.cookie[i]));
    nts_client_take(&r->c, &keys, &grant);
    r->turns = 0;
}

/* Returns how long the answer is; 0: silence. */
static size_t serve(struct run *r, struct span request, uint8_t answer[2048], enum verdict *v)
{
    struct nts_session s;
    struct ntp_tail tail;
    size_t len = 0;

    *v = ntp_packet_check(request, &tail);
    if (*v != VERDICT_ACCEPTED || !nts_is_meant(tail.extensions))
        return 0;
    memset(answer, 0, NTP_HEADER_SIZE);
    answer[0] = 4 << 3 | NTP_MODE_SERVER;
    *v = nts_server_begin(&r->ring, request, tail.extensions, &s);
    if (*v == VERDICT_ANSWERED)
        *v = nts_server_finish(&r->ring, &s, &r->rng, answer, 2048, &len);
    if (*v == VERDICT_NTS_NAK) {
        memcpy(answer + NTP_AT_REFID, (const uint8_t[]){ 'N', 'T', 'S', 'N' }, 4);
        len = nts_server_nak(&s, answer, 2048);
    }
    assert(len <= request.len);
    return *v == VERDICT_ANSWERED || *v == VERDICT_NTS_NAK ? len : 0;
}

static void damage(uint8_t *bytes, size_t len, const uint8_t step[4])
{
    bytes[wire_get16(step + 1) % len] ^= step[3];
}

static void exchange(struct run *r, const uint8_t step[4])
{
    uint8_t request[NTP_PACKET_MAX] = { 4 << 3 | NTP_MODE_CLIENT }, answer[2048];
    struct nts_client before;
    struct nts_fresh fresh;
    size_t len = nts_client_seal(&r->c, &r->rng, request), answer_len;
    enum verdict served, opened;

    if (step[0] % 4 == 1)
        damage(request, len, step);
    answer_len = serve(r, (struct span){ request, len }, answer, &served);
    if (answer_len == 0)
        return;
    if (step[0] % 4 == 2)
        damage(answer, answer_len, step);
    before = r->c;
    opened = nts_client_open(&r->c, (struct span){ answer, answer_len }, &fresh);
    assert(memcmp(&before, &r->c, sizeof before) == 0);
    if (step[0] % 4 == 1 && step[3] && wire_get16(step + 1) % len != 0)
        assert(served != VERDICT_ANSWERED || opened != VERDICT_ACCEPTED);
    if (step[0] % 4 == 2 && step[3])
        assert(opened != VERDICT_ACCEPTED || served != VERDICT_ANSWERED);
    if (step[0] % 4 == 0)
        assert(opened == (r->turns < NTS_RING_KEYS ? VERDICT_ACCEPTED : VERDICT_NTS_NAK) || r->turns >= NTS_RING_KEYS);
    if (opened == VERDICT_ACCEPTED)
        nts_client_accept(&r->c, &fresh);
    else if (opened == VERDICT_NTS_NAK)
        nts_client_refuse(&r->c);
    assert(r->c.cookie_count <= NTS_COOKIES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run r = { .turns = 0 };
    uint8_t answer[2048];
    enum verdict v;

    prng_seed(&r.prng, 5);
    r.rng = prng_as_rng(&r.prng);
    nts_ring_turn(&r.ring, &r.rng);
    establish(&r);
    serve(&r, (struct span){ data, size }, answer, &v); /* the bytes themselves, as a stranger's request */
    assert(v != VERDICT_ANSWERED);
    for (size_t i = 0; i + 4 <= size && i < 400; i += 4) {
        if (!nts_client_is_ready(&r.c))
            establish(&r);
        if (data[i] % 4 == 3) {
            nts_ring_turn(&r.ring, &r.rng);
            r.turns++;
        } else {
            exchange(&r, data + i);
        }
    }
    return 0;
}
