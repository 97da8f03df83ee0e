/* The door for answers: the first byte chooses service, family and status, the next two the source port, the rest is the datagram.
 * Nothing is answered with more than was sent, and nothing that must not be used looks usable. */
#include <assert.h>
#include <string.h>

#include "ntp/packet.h"
#include "serve/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const struct serve_request *r, const struct page_data *page, const uint8_t *out, size_t len)
{
    struct ntp_header h;
    struct ntp_tail tail;
    bool usable = page->status == CLOCK_SYNCHRONISED || page->status == CLOCK_HOLDOVER || page->status == CLOCK_LOCAL;

    if (r->service != SERVICE_NTP) {
        assert(usable && len <= (r->service == SERVICE_TIME ? 4 : 64));
        return;
    }
    assert(len == NTP_HEADER_SIZE && len <= r->bytes.len);
    assert(ntp_packet_parse((struct span){ out, len }, &h, &tail) == VERDICT_ACCEPTED);
    assert(h.mode == NTP_MODE_SERVER || h.mode == NTP_MODE_PASSIVE);
    assert(h.version == (r->bytes.at[0] >> 3 & 7));
    assert(usable ? h.stratum == 2 : h.stratum == 0 && h.leap == LEAP_UNKNOWN);
    assert(h.transmit.raw >= h.receive.raw && h.transmit.raw >= h.reference.raw);
    assert(memcmp(out + NTP_AT_ORIGIN, r->bytes.at + NTP_AT_TRANSMIT, 8) == 0);
}

/* The same request again: whatever the first one left in the table, the answer is a whole one in one of the two modes. */
static void ask_again(const struct serve_options *o, const struct page_data *page, const struct serve_request *r, const uint8_t *first)
{
    struct serve_stats stats = { 0 };
    uint8_t out[SERVE_ANSWER_MAX];
    size_t len;

    serve_left(o, page, false, &r->from, (struct span){ first, NTP_HEADER_SIZE }, r->tx);
    assert(serve_datagram(o, page, r, &stats, out, &len) == VERDICT_ANSWERED && len == NTP_HEADER_SIZE);
    assert(memcmp(out + NTP_AT_ORIGIN, r->bytes.at + NTP_AT_TRANSMIT, 8) == 0 || memcmp(out + NTP_AT_ORIGIN, r->bytes.at + NTP_AT_RECEIVE, 8) == 0);
    assert((out[NTP_AT_RECEIVE + 7] & 1) == 1 && (out[NTP_AT_TRANSMIT + 7] & 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct serve_options options;
    static struct interleave table;
    struct page_data page = {
        .raw_ref = { 1000 * NS_PER_S }, .tai_ref = { INT64_C(1795395760) * NS_PER_S }, .slew_end = { 1000 * NS_PER_S }, .silent_at = { 2000 * NS_PER_S },
        .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER, .leap_at = { INT64_MAX }, .tai_minus_utc_s = 37, .stratum = 2,
    };
    struct serve_request r = { .rx = { 1001 * NS_PER_S }, .tx = { 1001 * NS_PER_S + 10000 } };
    struct serve_stats stats = { 0 };
    uint8_t out[SERVE_ANSWER_MAX];
    size_t len;
    enum verdict v;

    if (size < 3)
        return 0;
    r.service = (enum service)(data[0] % SERVICE_COUNT);
    r.from = (struct net_addr){ .family = data[0] & 8 ? ADDR_IPV6 : ADDR_IPV4, .port = (uint16_t)(data[1] << 8 | data[2]), .bytes = { 192, 0, 2, 9 } };
    page.status = data[0] / 16 % CLOCK_STATUS_COUNT;
    options.ntp.symmetric_reply = data[0] & 4;
    options.timeproto.daytime.udp_from.count = 1;
    options.timeproto.daytime.udp_from.item[0].addr = r.from;
    options.timeproto.daytime.udp_from.item[0].bits = 24;
    r.bytes = (struct span){ data + 3, size - 3 };
    memset(&table, 0, sizeof table);
    interleave_init(&table, &(struct guard_key){ 1, 2 });
    options.interleave = &table;

    v = serve_datagram(&options, &page, &r, &stats, out, &len);
    assert(stats.requests[r.service] == 1 && stats.verdict[r.service][v] == 1);
    assert((v == VERDICT_ANSWERED) == (len > 0));
    if (v == VERDICT_ANSWERED)
        check_answer(&r, &page, out, len);
    if (v == VERDICT_ANSWERED && serve_wants_stamp(&options, &r, out))
        ask_again(&options, &page, &r, out);
    return 0;
}
