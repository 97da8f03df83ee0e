/* Any datagram of up to DATAGRAM_MAX bytes through the NTP header and extension field readers, and each byte that they point to read: for Frama-C's EVA, see
 * tests/model/eva. */
#include "ntp/packet.h"

#define DATAGRAM_MAX 120

volatile unsigned char any_byte;
volatile unsigned seen;

static void look_at(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        seen = s.at[i];
}

/* As every reader of extension fields goes over them. */
static void look_at_fields(struct span extensions)
{
    struct cursor c = cursor_of(extensions);
    struct span body;
    uint16_t type;

    while (cursor_left(&c) > 0 && ntp_extension_next(&c, &type, &body))
        look_at(body);
}

int main(void)
{
    static uint8_t bytes[DATAGRAM_MAX];

    for (int i = 0; i < DATAGRAM_MAX; i++)
        bytes[i] = any_byte;
    //@ loop unroll 121;
    for (size_t len = 0; len <= DATAGRAM_MAX; len++) {
        struct ntp_header h;
        struct ntp_tail tail;

        /* At the end of the buffer: there is nothing behind it. */
        if (ntp_packet_parse((struct span){ bytes + DATAGRAM_MAX - len, len }, &h, &tail) != VERDICT_ACCEPTED)
            continue;
        seen = h.version;
        look_at_fields(tail.extensions);
        look_at(tail.mac);
    }
    return 0;
}
