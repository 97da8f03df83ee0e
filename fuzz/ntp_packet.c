/* The NTP packet reader: what it accepts lies inside the datagram, is walked to its end, and is written back byte for byte. */
#include <assert.h>
#include <string.h>

#include "ntp/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ntp_header h;
    struct ntp_tail tail;
    struct cursor c;
    struct span body;
    uint16_t type;
    uint8_t out[NTP_HEADER_SIZE];
    size_t walked = 0;

    if (ntp_packet_parse((struct span){ data, size }, &h, &tail) != VERDICT_ACCEPTED)
        return 0;
    assert(NTP_HEADER_SIZE + tail.extensions.len + tail.mac.len == size);
    c = cursor_of(tail.extensions);
    while (ntp_extension_next(&c, &type, &body))
        walked += 4 + body.len;
    assert(walked == tail.extensions.len);
    ntp_header_write(&h, out);
    assert(memcmp(out, data, sizeof out) == 0);
    return 0;
}
