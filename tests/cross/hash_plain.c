/* Stands in for crypto's face where nettle is not packaged for the machine (tools/cross): a 128-bit FNV-1a, not MD5. The rooms
 * under test there only compare the labels it makes. */
#include "crypto/hash.h"

#include <string.h>

void crypto_md5(const void *data, size_t len, uint8_t out[CRYPTO_MD5_SIZE])
{
    uint64_t half[2] = { UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4) };
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++)
        for (unsigned k = 0; k < 2; k++)
            half[k] = (half[k] ^ bytes[i]) * UINT64_C(0x100000001b3);
    for (unsigned i = 0; i < CRYPTO_MD5_SIZE; i++)
        out[i] = (uint8_t)(half[i / 8] >> (i % 8 * 8));
}
