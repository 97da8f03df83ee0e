/* Key files in both formats: the first byte chooses, the rest is the file. What is taken can be found again and used; what is refused leaves nothing. */
#include <assert.h>
#include <string.h>

#include "keys/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct key_table table;

static void check_table(void)
{
    uint8_t digest[CRYPTO_MAC_SIZE_MAX];

    for (uint32_t i = 0; i < table.count; i++) {
        const struct key *k = keys_find(&table, table.id[i]);

        assert(k && k->id == table.id[i] && k->id != 0 && (i == 0 || table.id[i - 1] < table.id[i]));
        assert(k->net_count <= KEY_NETS_MAX && k->from.ns < k->until.ns && k->mac.size >= 16);
        crypto_mac_digest(&k->mac, "x", 1, digest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct keys_options o = { .format = size ? data[0] & 1 : 0, .allow_legacy = size ? data[0] >> 1 & 1 : 0 };
    struct key_verdict v = keys_read((struct span){ data + (size > 0), size - (size > 0) }, &o, &table);

    assert((unsigned)v.fault < KEY_FAULTS);
    assert(v.fault == KEY_FAULT_NONE || (table.count == 0 && v.line > 0 && v.column > 0 && strlen(key_fault_text(v.fault)) > 0));
    check_table();
    return 0;
}
