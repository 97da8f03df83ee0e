/* Any datagram of up to DATAGRAM_MAX bytes through the NTP header and extension field readers: for Frama-C's EVA, see tests/model/eva. */
#include "ntp/packet.h"

#define DATAGRAM_MAX 120

volatile unsigned char any_byte;

int main(void)
{
    static uint8_t bytes[DATAGRAM_MAX];

    for (int i = 0; i < DATAGRAM_MAX; i++)
        bytes[i] = any_byte;
    //@ loop unroll 121;
    for (size_t len = 0; len <= DATAGRAM_MAX; len++) {
        struct ntp_header h;
        struct ntp_tail tail;

        ntp_packet_parse((struct span){ bytes, len }, &h, &tail);
    }
    return 0;
}
