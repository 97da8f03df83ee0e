/* Each way to tamper does to the bytes what its name says, and the client's judgement is the one it is meant for. */
#include "base/test.h"

#include "sim/client.h"

static const struct net_addr server = { .family = ADDR_IPV4, .port = NTP_PORT, .bytes = { 203, 0, 113, 1 } };

/* A good answer, tampered with, as a client that is waiting for it judges it. */
static enum verdict judged(enum tamper t)
{
    static const struct ntp_client_options options = {
        .min_poll_log2 = 6, .max_poll_log2 = 6, .version = 4, .max_delay = { 16 * NS_PER_S }, .max_distance = { 3 * NS_PER_S / 2 },
    };
    struct utc_ns now = { INT64_C(1795392000) * NS_PER_S };
    struct ntp_header h = { .version = 4, .mode = NTP_MODE_SERVER, .stratum = 1, .precision_log2 = -20, .refid = NTP_REFID('S', 'I', 'M', 0) };
    struct ntp_client_reply reply;
    struct ntp_client_input in = { .from = server, .rx = { NS_PER_S + NS_PER_MS }, .pivot = now, .precision_log2 = -20 };
    uint8_t bytes[SIM_PACKET_MAX] = { 0 }, request[NTP_HEADER_SIZE], len;
    struct ntp_client c;
    struct prng p;
    struct rng r;

    prng_seed(&p, 1);
    r = prng_as_rng(&p);
    ntp_client_init(&c, &options, &server, (struct mono_ns){ 0 });
    assert_true(ntp_client_run(&c, (struct mono_ns){ NS_PER_S }, &r, 1, request));
    h.origin.raw = c.origin.raw;
    h.reference = h.receive = h.transmit = ntp_ts64_from_utc(now);
    ntp_header_write(&h, bytes);
    len = tamper_apply(t, bytes, NTP_HEADER_SIZE, 0, &p);
    in.bytes = (struct span){ bytes, len };
    in.exchange = c.exchange;
    return ntp_client_input(&c, &in, in.rx, &reply);
}

static void each_way_meets_its_verdict(void **state)
{
    static const struct { enum tamper t; enum verdict v; } rows[] = {
        { TAMPER_NOTHING, VERDICT_ACCEPTED }, { TAMPER_ORIGIN, VERDICT_BOGUS }, { TAMPER_ORIGIN_ZERO, VERDICT_BOGUS },
        { TAMPER_RECEIVE_ZERO, VERDICT_ZERO_TIME }, { TAMPER_TRANSMIT_ZERO, VERDICT_ZERO_TIME }, { TAMPER_BACKWARDS, VERDICT_BACKWARDS },
        { TAMPER_SHORT, VERDICT_SHORT }, { TAMPER_VERSION, VERDICT_VERSION }, { TAMPER_MODE, VERDICT_MODE }, { TAMPER_ALARM, VERDICT_SERVER_UNSYNCHRONISED },
        { TAMPER_STRATUM_16, VERDICT_STRATUM }, { TAMPER_STRATUM_255, VERDICT_STRATUM }, { TAMPER_KISS_DENY, VERDICT_BOGUS },
        { TAMPER_KISS_RATE, VERDICT_BOGUS },
        { TAMPER_KISS_UNKNOWN, VERDICT_KISS_UNKNOWN }, { TAMPER_KISS_STRATUM, VERDICT_SERVER_UNSYNCHRONISED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (judged(rows[i].t) != rows[i].v)
            fail_msg("%s is judged %s, not %s", story_tampers[rows[i].t], verdict_label(judged(rows[i].t)), verdict_label(rows[i].v));
}

static void one_bit_is_flipped(void **state)
{
    uint8_t bytes[SIM_PACKET_MAX] = { 0 };
    struct prng p;
    int ones = 0;

    (void)state;
    prng_seed(&p, 4);
    assert_int_equal(tamper_apply(TAMPER_BITS, bytes, NTP_HEADER_SIZE, 0, &p), NTP_HEADER_SIZE);
    for (size_t i = 0; i < sizeof bytes; i++)
        ones += __builtin_popcount(bytes[i]);
    assert_int_equal(ones, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_way_meets_its_verdict), cmocka_unit_test(one_bit_is_flipped) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
