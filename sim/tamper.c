/* Ways in which an answer can be wrong, bytes only. Offsets: RFC 5905 figure 8. */
#include <string.h>

#include "sim/world.h"

enum { LI_VN_MODE = 0, STRATUM = 1, REFID = 12, ORIGIN = 24, RECEIVE = 32, TRANSMIT = 40, TIMESTAMP = 8 };

static void kiss(uint8_t *b, uint8_t stratum, const char code[4])
{
    b[LI_VN_MODE] |= 0xc0;
    b[STRATUM] = stratum;
    memcpy(b + REFID, code, 4);
}

static void swap_stamps(uint8_t *b)
{
    memcpy(b + RECEIVE, b + TRANSMIT, TIMESTAMP);
    b[RECEIVE + 3]++; /* one second after the transmit timestamp; a carry only makes it run back further */
}

/* A stranger does not know the origin. */
static void forged_kiss(uint8_t *b, const char code[4])
{
    b[ORIGIN + 7] ^= 1;
    kiss(b, 0, code);
}

uint8_t tamper_apply(enum tamper t, uint8_t *b, uint8_t len, uint32_t code, struct prng *p)
{
    if (code != 0) {
        const char text[4] = { (char)(code >> 24), (char)(code >> 16), (char)(code >> 8), (char)code };

        kiss(b, 0, text);
    }
    switch (t) {
    case TAMPER_ORIGIN:       b[ORIGIN + 7] ^= 1; break;
    case TAMPER_ORIGIN_ZERO:  memset(b + ORIGIN, 0, TIMESTAMP); break;
    case TAMPER_RECEIVE_ZERO: memset(b + RECEIVE, 0, TIMESTAMP); break;
    case TAMPER_TRANSMIT_ZERO: memset(b + TRANSMIT, 0, TIMESTAMP); break;
    case TAMPER_BACKWARDS:    swap_stamps(b); break;
    case TAMPER_SHORT:        return 47;
    case TAMPER_VERSION:      b[LI_VN_MODE] &= 0xc7; break;
    case TAMPER_MODE:         b[LI_VN_MODE] = (uint8_t)((b[LI_VN_MODE] & 0xf8) | 3); break;
    case TAMPER_ALARM:        b[LI_VN_MODE] |= 0xc0; break;
    case TAMPER_STRATUM_0:    b[STRATUM] = 0; memset(b + REFID, 0, 4); break;
    case TAMPER_STRATUM_16:   b[STRATUM] = 16; break;
    case TAMPER_STRATUM_255:  b[STRATUM] = 255; break;
    case TAMPER_KISS_DENY:    forged_kiss(b, "DENY"); break;
    case TAMPER_KISS_RATE:    forged_kiss(b, "RATE"); break;
    case TAMPER_KISS_UNKNOWN: kiss(b, 0, "XYZW"); break;
    case TAMPER_KISS_STRATUM: kiss(b, 2, "DENY"); break;
    case TAMPER_BITS:         b[prng_u64(p) % len] ^= (uint8_t)(1u << (prng_u64(p) & 7)); break;
    default:                  break;
    }
    return len;
}
