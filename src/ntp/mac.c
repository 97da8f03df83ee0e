#include "ntp/mac.h"

#define KEY_ID_SIZE 4
#define CUT_DIGEST_SIZE 20

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

size_t ntp_mac_size(const struct key *k, uint8_t version)
{
    return KEY_ID_SIZE + (version == NTP_VERSION ? smaller(k->mac.size, CUT_DIGEST_SIZE) : k->mac.size);
}

size_t ntp_mac_append(const struct key *k, size_t mac_size, uint8_t *packet, size_t len)
{
    uint8_t digest[CRYPTO_MAC_SIZE_MAX];

    crypto_mac_digest(&k->mac, packet, len, digest);
    wire_put32(packet + len, k->id);
    memcpy(packet + len + KEY_ID_SIZE, digest, mac_size - KEY_ID_SIZE);
    return len + mac_size;
}

static bool fits(const struct key *k, uint8_t version, size_t digest_size)
{
    return digest_size == ntp_mac_size(k, version) - KEY_ID_SIZE || digest_size == smaller(k->mac.size, CUT_DIGEST_SIZE);
}

static struct span code_of(const struct ntp_tail *tail) { return (struct span){ tail->mac.at + KEY_ID_SIZE, tail->mac.len - KEY_ID_SIZE }; }

static struct span covered(struct span datagram, const struct ntp_tail *tail) { return (struct span){ datagram.at, datagram.len - tail->mac.len }; }

enum verdict ntp_mac_claim(const struct key *k, struct span datagram, const struct ntp_tail *tail)
{
    if (tail->mac.len == 0)
        return VERDICT_UNAUTHENTICATED;
    if (tail->mac.len == KEY_ID_SIZE)
        return VERDICT_CRYPTO_NAK;
    if (ntp_mac_key_id(tail) != k->id)
        return VERDICT_KEY_UNKNOWN;
    return fits(k, datagram.at[0] >> 3 & 7, code_of(tail).len) ? VERDICT_ACCEPTED : VERDICT_MAC;
}

enum verdict ntp_mac_check(const struct key *k, struct span datagram, const struct ntp_tail *tail)
{
    enum verdict v = ntp_mac_claim(k, datagram, tail);
    uint8_t digest[CRYPTO_MAC_SIZE_MAX];

    if (v != VERDICT_ACCEPTED)
        return v;
    crypto_mac_digest(&k->mac, datagram.at, covered(datagram, tail).len, digest);
    return crypto_equal(digest, code_of(tail).at, code_of(tail).len) ? VERDICT_ACCEPTED : VERDICT_MAC_WRONG;
}

/* Field by field: a struct that is made and copied waits for its own bytes. */
void ntp_mac_exchange(const struct ntp_seal *seal, uint8_t *answer, size_t len, struct crypto_mac_exchange *out)
{
    wire_put32(answer + len, seal->key->id);
    out->m = &seal->key->mac;
    out->request.at = seal->request.at;
    out->request.len = seal->request.len - seal->tail.mac.len;
    out->code.at = seal->tail.mac.at + KEY_ID_SIZE;
    out->code.len = seal->tail.mac.len - KEY_ID_SIZE;
    out->answer.at = answer;
    out->answer.len = len;
    out->out = answer + len + KEY_ID_SIZE;
}
