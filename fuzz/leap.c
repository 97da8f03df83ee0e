/* Both readers of leap seconds: a file is refused and leaves the table alone, or gives one that every question can be asked of. */
#include <assert.h>
#include <string.h>

#include "clock/leap_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct leap_table *t)
{
    struct utc_ns at = { INT64_MIN };

    assert(t->count >= 1 && t->count <= LEAP_ENTRIES_MAX);
    for (uint32_t i = 1; i < t->count; i++) {
        int32_t step = t->entry[i].tai_minus_utc_s - t->entry[i - 1].tai_minus_utc_s;

        assert(utc_earlier(t->entry[i - 1].at, t->entry[i].at) && (step == 1 || step == -1));
        assert(leap_table_next(t, t->entry[i - 1].at, &at) == step && at.ns == t->entry[i].at.ns);
        assert(leap_table_at(t, at) == t->entry[i].tai_minus_utc_s);
    }
    assert(leap_table_next(t, t->entry[t->count - 1].at, &at) == 0);
    assert(t->expires.ns != INT64_MIN || leap_table_expires_in(t, at).ns == INT64_MAX);
}

static void read_with(struct leap_verdict (*reader)(struct span, struct leap_table *), struct span bytes)
{
    static struct leap_table t, untouched;
    struct leap_verdict v;

    memset(&untouched, 0x5a, sizeof untouched);
    t = untouched;
    v = reader(bytes, &t);
    if (v.fault == LEAP_OK)
        ask(&t);
    else
        assert(v.fault < LEAP_FAULT_COUNT && memcmp(&t, &untouched, sizeof t) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_with(leap_table_from_list, (struct span){ data, size });
    read_with(leap_table_from_tzif, (struct span){ data, size });
    return 0;
}
