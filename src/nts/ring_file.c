#include "nts/ring_file.h"

#include "crypto/hash.h"
#include "crypto/mac.h"

#define MAGIC "utcdring"
#define MAGIC_SIZE (sizeof MAGIC - 1)
enum { AT_NEWEST = MAGIC_SIZE, AT_TURNED = AT_NEWEST + 4, AT_ROWS = AT_TURNED + 8 };
#define NUMBER_SIZE 4
#define ROW_SIZE (NUMBER_SIZE + NTS_RING_KEY_SIZE)
#define HASHED (NTS_RING_FILE_SIZE - CRYPTO_SHA1_SIZE)

void nts_ring_to_file(const struct nts_ring *ring, int64_t turned_ns, uint8_t *out)
{
    uint8_t *at = out + AT_ROWS;

    memcpy(out, MAGIC, MAGIC_SIZE);
    wire_put32(out + AT_NEWEST, ring->newest);
    wire_put64(out + AT_TURNED, (uint64_t)turned_ns);
    for (unsigned i = 0; i < NTS_RING_KEYS; i++, at += ROW_SIZE) {
        wire_put32(at, ring->row[i].number);
        memcpy(at + NUMBER_SIZE, ring->row[i].key, NTS_RING_KEY_SIZE);
    }
    crypto_sha1(out, HASHED, out + HASHED);
}

static bool is_zero(const uint8_t *key)
{
    uint8_t any = 0;

    for (unsigned i = 0; i < NTS_RING_KEY_SIZE; i++)
        any |= key[i];
    return any == 0;
}

/* A number has one row only, and is one of the newest. */
static bool is_in_place(uint32_t number, unsigned row, uint32_t newest)
{
    return number == 0 || (number % NTS_RING_KEYS == row && newest - number < NTS_RING_KEYS);
}

static const char *check_rows(const uint8_t *rows, uint32_t newest)
{
    for (unsigned i = 0; i < NTS_RING_KEYS; i++) {
        uint32_t number = wire_get32(rows + i * ROW_SIZE);

        if (!is_in_place(number, i, newest) || (number != 0 && is_zero(rows + i * ROW_SIZE + NUMBER_SIZE)))
            return "it holds keys that no ring has";
    }
    return newest != 0 && wire_get32(rows + newest % NTS_RING_KEYS * ROW_SIZE) == newest ? NULL : "it holds no key that seals";
}

static void put_rows(const uint8_t *rows, uint32_t newest, struct nts_ring *ring)
{
    for (unsigned i = 0; i < NTS_RING_KEYS; i++)
        if (wire_get32(rows + i * ROW_SIZE) != 0)
            nts_ring_put(ring, wire_get32(rows + i * ROW_SIZE), rows + i * ROW_SIZE + NUMBER_SIZE);
    __atomic_store_n(&ring->newest, newest, __ATOMIC_SEQ_CST);
}

const char *nts_ring_from_file(struct span bytes, struct nts_ring *ring, int64_t *turned_ns)
{
    uint8_t digest[CRYPTO_SHA1_SIZE];
    const char *wrong;
    uint32_t newest;

    if (bytes.len != NTS_RING_FILE_SIZE)
        return bytes.len == 0 ? "it is empty" : "it has not the length of such a file";
    crypto_sha1(bytes.at, HASHED, digest);
    if (memcmp(bytes.at, MAGIC, MAGIC_SIZE) != 0)
        return "it is no file of cookie keys";
    if (!crypto_equal(digest, bytes.at + HASHED, sizeof digest))
        return "it is damaged";
    newest = wire_get32(bytes.at + AT_NEWEST);
    wrong = check_rows(bytes.at + AT_ROWS, newest);
    if (wrong)
        return wrong;
    *turned_ns = (int64_t)wire_get64(bytes.at + AT_TURNED);
    put_rows(bytes.at + AT_ROWS, newest, ring);
    return NULL;
}
