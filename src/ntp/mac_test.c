/* What a MAC looks like in either version, which ones are taken, and that no bit of it can be changed. */
#include "base/test.h"

#include "ntp/mac.h"

struct packet { uint8_t bytes[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX]; size_t len; };

static bool make_key(struct key *k, enum crypto_mac_kind kind)
{
    static const uint8_t secret[32] = "thirty-two bytes of a known key";

    *k = (struct key){ .id = 77, .from = { INT64_MIN }, .until = { INT64_MAX } };
    return crypto_mac_init(&k->mac, kind, secret, kind == CRYPTO_MAC_AES128 ? 16 : 32);
}

static struct packet packet_with(const struct key *k, uint8_t version, size_t mac_size)
{
    struct packet p = { .len = NTP_HEADER_SIZE };

    p.bytes[0] = (uint8_t)(version << 3 | NTP_MODE_CLIENT);
    p.bytes[NTP_AT_TRANSMIT] = 0x5a;
    p.len = ntp_mac_append(k, mac_size, p.bytes, p.len);
    return p;
}

static enum verdict check(const struct key *k, const struct packet *p)
{
    const struct span s = { p->bytes, p->len };
    struct ntp_header h;
    struct ntp_tail tail;
    enum verdict v = ntp_packet_parse(s, &h, &tail);

    return v == VERDICT_ACCEPTED ? ntp_mac_check(k, s, &tail) : v;
}

static void lengths(void **state)
{
    static const struct { enum crypto_mac_kind kind; uint8_t version; size_t size; } row[] = {
        { CRYPTO_MAC_MD5, 4, 20 },    { CRYPTO_MAC_MD5, 3, 20 },    { CRYPTO_MAC_SHA1, 4, 24 },   { CRYPTO_MAC_SHA1, 3, 24 },   { CRYPTO_MAC_SHA256, 4, 24 },
        { CRYPTO_MAC_SHA256, 3, 36 }, { CRYPTO_MAC_SHA384, 4, 24 }, { CRYPTO_MAC_SHA384, 3, 52 }, { CRYPTO_MAC_SHA512, 4, 24 }, { CRYPTO_MAC_SHA512, 3, 68 },
        { CRYPTO_MAC_AES128, 4, 20 }, { CRYPTO_MAC_AES128, 3, 20 }, { CRYPTO_MAC_AES256, 4, 20 }, { CRYPTO_MAC_AES256, 3, 20 },
    };
    struct key k;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct packet p;

        if (!make_key(&k, row[i].kind))
            continue; /* tests/cross has SHA-1 alone */
        assert_int_equal(ntp_mac_size(&k, row[i].version), row[i].size);
        p = packet_with(&k, row[i].version, row[i].size);
        assert_int_equal(p.len, NTP_HEADER_SIZE + row[i].size);
        assert_int_equal(wire_get32(p.bytes + NTP_HEADER_SIZE), 77);
        assert_int_equal(check(&k, &p), VERDICT_ACCEPTED);
    }
}

static void version_3_is_taken_whole_or_cut_to_160_bits(void **state)
{
    struct packet p;
    struct key k;

    (void)state;
    if (!make_key(&k, CRYPTO_MAC_SHA512))
        return;
    p = packet_with(&k, 3, 24);
    assert_int_equal(check(&k, &p), VERDICT_ACCEPTED);
    p = packet_with(&k, 3, 20);
    assert_int_equal(check(&k, &p), VERDICT_MAC);
    p = packet_with(&k, 3, 36);
    assert_int_equal(check(&k, &p), VERDICT_MAC);
    p = packet_with(&k, 4, 20); /* a digest cut to 128 bits is no digest of this key */
    assert_int_equal(check(&k, &p), VERDICT_MAC);
}

/* A whole digest of 512 bits would be read as an extension field in version 4, and is none of its codes either. */
static void version_4_is_never_taken_whole(void **state)
{
    const size_t whole = 4 + 64;
    struct ntp_tail tail = { .mac = { NULL, whole } };
    struct packet p;
    struct key k;

    (void)state;
    if (!make_key(&k, CRYPTO_MAC_SHA512))
        return;
    for (uint8_t version = 3; version <= 4; version++) {
        p = packet_with(&k, version, whole);
        tail.mac.at = p.bytes + NTP_HEADER_SIZE;
        assert_int_equal(ntp_mac_claim(&k, (struct span){ p.bytes, p.len }, &tail), version == 3 ? VERDICT_ACCEPTED : VERDICT_MAC);
    }
}

static void NTP_20_every_bit_counts(void **state)
{
    struct key k;
    struct packet p;

    (void)state;
    make_key(&k, CRYPTO_MAC_SHA1);
    p = packet_with(&k, 4, 24);
    for (size_t bit = 8 * (NTP_HEADER_SIZE + 4); bit < 8 * p.len; bit++) {
        p.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(check(&k, &p), VERDICT_MAC_WRONG);
        p.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 8; bit < 8 * NTP_HEADER_SIZE; bit++) { /* the first byte holds the version: other rules, other verdicts */
        p.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(check(&k, &p), VERDICT_MAC_WRONG);
        p.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(check(&k, &p), VERDICT_ACCEPTED);
}

static void no_mac_another_key_crypto_nak(void **state)
{
    struct key k, other;
    struct packet p;

    (void)state;
    make_key(&k, CRYPTO_MAC_SHA1);
    other = k;
    other.id = 78;
    p = packet_with(&k, 4, 24);
    assert_int_equal(check(&other, &p), VERDICT_KEY_UNKNOWN);
    p.len = NTP_HEADER_SIZE + 4;
    assert_int_equal(check(&k, &p), VERDICT_CRYPTO_NAK);
    p.len = NTP_HEADER_SIZE;
    assert_int_equal(check(&k, &p), VERDICT_UNAUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lengths), cmocka_unit_test(version_3_is_taken_whole_or_cut_to_160_bits),
                                        cmocka_unit_test(version_4_is_never_taken_whole),
                                        cmocka_unit_test(NTP_20_every_bit_counts), cmocka_unit_test(no_mac_another_key_crypto_nak) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
