/* The responder inside the kernel, as it is compiled there: the first byte chooses whether there is a guard, the next how old its piece of the page is, the
 * rest is the frame. What is passed up is as it was; what is answered is a whole answer of the frame's length, and nothing behind it is touched. */
#include <assert.h>
#include <string.h>

#include "xdp/respond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IFINDEX 5
#define FRAME_MAX 256

static uint64_t boot_ns;

static uint64_t boot_clock(void) { return boot_ns; }

/* The addresses that the seeds ask. */
static void publish_places(struct xdp_mirror *m)
{
    const struct local_addr local[] = {
        { { .family = ADDR_IPV4, .bytes = { 192, 0, 2, 1 } }, IFINDEX, { 2, 0, 0, 0, 0, 1 } },
        { { .family = ADDR_IPV6, .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } }, IFINDEX, { 2, 0, 0, 0, 0, 1 } },
    };
    struct xdp_listener listener[4];

    for (unsigned i = 0; i < 4; i++)
        listener[i] = (struct xdp_listener){ .at = { .family = i % 2 ? ADDR_IPV6 : ADDR_IPV4, .port = i < 2 ? NTP_PORT : 37 },
                                             .service = i < 2 ? SERVICE_NTP : SERVICE_TIME };
    xdp_places_publish(m, listener, 4, local, 2);
}

static void publish_moment(struct xdp_mirror *m)
{
    static const struct serve_options options;
    const struct page_data page = {
        .raw_ref = { 1000 * NS_PER_S }, .tai_ref = { INT64_C(1795395760) * NS_PER_S }, .slew_end = { 1000 * NS_PER_S }, .silent_at = { 2000 * NS_PER_S },
        .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER, .leap_at = { INT64_MAX }, .tai_minus_utc_s = 37, .stratum = 2, .status = CLOCK_SYNCHRONISED,
    };
    const struct xdp_clocks clocks = { { 1001 * NS_PER_S }, 1001 * NS_PER_S, 0 };
    struct xdp_moment moment;

    xdp_moment_make(&options, &page, &clocks, &moment);
    xdp_moment_publish(m, &moment);
}

static struct guard *new_guard(void)
{
    static struct guard g;
    static bool made;
    const struct guard_options o = { .rate_limit = { .present = true, .rate = 1, .burst = 1, .ipv4_prefix = 8, .ipv6_prefix = 16, .kiss = 3, .leak = 2 } };

    if (!made)
        guard_init(&g, &(struct guard_maker){ 0 }, &o, false, &(struct guard_key){ 1, 2 });
    made = true;
    return &g;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xdp_mirror mirror;
    static struct serve_stats stats;
    uint8_t frame[FRAME_MAX + 8], before[FRAME_MAX + 8];
    struct xdp_world world = { .mirror = &mirror, .stats = &stats, .ifindex = IFINDEX };
    enum xdp_outcome outcome;
    size_t len;

    if (size < 2 || size > FRAME_MAX)
        return 0;
    if (mirror.generation == 0) {
        publish_places(&mirror);
        publish_moment(&mirror);
    }
    len = size - 2;
    memset(frame, 0xa5, sizeof frame);
    memcpy(frame, data + 2, len);
    memcpy(before, frame, sizeof frame);
    boot_ns = (uint64_t)(1001 * NS_PER_S) + data[1] * UINT64_C(10000000);
    world.guard = data[0] & 1 ? new_guard() : NULL;
    outcome = xdp_respond(&world, boot_clock, frame, frame + len);
    assert(memcmp(frame + len, before + len, sizeof frame - len) == 0);
    if (outcome != XDP_OUTCOME_ANSWERED) {
        assert(memcmp(frame, before, sizeof frame) == 0);
        return 0;
    }
    assert(memcmp(frame, before + 6, 6) == 0 && memcmp(frame + 6, before, 6) == 0);
    assert(boot_ns - (uint64_t)(1001 * NS_PER_S) < XDP_MOMENT_MAX_NS);
    return 0;
}
