/* The memory file: refused without a trace, or taken, written again as it was, and good enough for a clock to start from. The bytes are tried as they are,
 * and closed by a right checksum, which no fuzzer finds. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "clock/clock.h"

#define NOW_NS (1000 * NS_PER_S)
#define WALL_NS (INT64_C(1800000000) * NS_PER_S)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void start_from(const struct clock_memory *m)
{
    static struct clock c;
    struct clock_options o = { .clock = { .max_drift = 1, .max_drift_silent = 15, .max_frequency = 500, .max_slew = 500, .step_limit = 1, .min_sources = 1,
                                          .step_budget = { INT64_MAX }, .panic_threshold = { 10 * NS_PER_S } } };
    struct clock_source_options so = { .name = m->count ? m->source[0].name : "a", .min_poll_log2 = 6, .max_poll_log2 = 10 };
    struct mono_ns now = { NOW_NS };
    struct clock_view v;

    clock_init(&c, &o, &(struct clock_start){ .now = now, .wall = { WALL_NS }, .memory = m });
    clock_source_add(&c, 0, &so);
    for (int i = 0; i < 12; i++) {
        struct clock_actions a = { .count = 0 };
        struct measurement s = { .stratum = 1, .at = now, .utc = { WALL_NS + now.ns - NOW_NS }, .delay = { NS_PER_MS }, .dispersion = { 100 } };

        clock_measure(&c, &s, now, &a);
        now = mono_add(now, (struct dur_ns){ 16 * NS_PER_S });
    }
    page_view(clock_page(&c), now, &v);
    assert(v.earliest.ns <= v.utc.ns && v.utc.ns <= v.latest.ns);
}

static void try(const char *text, size_t len)
{
    static char again[CLOCK_MEMORY_TEXT_MAX];
    static struct clock_memory m, second, untouched;

    memset(&untouched, 0x5a, sizeof untouched);
    m = untouched;
    if (clock_memory_from_text(text, len, 500, &m) != 0) {
        assert(memcmp(&m, &untouched, sizeof m) == 0);
        return;
    }
    assert(m.count <= CLOCK_MEMORY_SOURCES && m.drift.freq_ppm >= -500 && m.drift.freq_ppm <= 500 && m.drift.skew_ppm >= 0);
    assert(clock_memory_from_text(again, clock_memory_to_text(&m, again), 500, &second) == 0);
    start_from(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[CLOCK_MEMORY_TEXT_MAX + 64];
    uint32_t h = UINT32_C(2166136261);

    if (size > CLOCK_MEMORY_TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    try(text, size);
    for (size_t i = 0; i < size; i++)
        h = (h ^ data[i]) * UINT32_C(16777619);
    try(text, size + (size_t)snprintf(text + size, 64, "checksum %08lx\n", (unsigned long)h));
    return 0;
}
