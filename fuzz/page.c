/* The clock page as a program finds it in a file: eight bytes are the instant at which it is read, the rest is the page, as it is and behind a right
 * head. Whatever it says, reading it traps at nothing; one that keeps to what struct page_data promises gives a time between its own bounds. */
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/page.h"
#include "base/page_at.h"
#include "base/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Far from where sums of int64 end and are cut: there an interval may lose some nanoseconds. */
static bool is_near(int64_t ns) { return ns > -INT64_MAX / 16 && ns < INT64_MAX / 16; }

static bool is_sound(const struct page_data *d, struct mono_ns now)
{
    return fabs(d->rate) <= 0.1 && d->slew_end.ns >= d->raw_ref.ns && d->early.ns >= 0 && d->late.ns >= 0 && d->growth >= 0 && d->growth <= 1 &&
           d->growth_silent >= 0 && d->growth_silent <= 1 && d->slew.ns >= -d->early.ns && d->slew.ns <= d->late.ns && is_near(now.ns) &&
           is_near(d->raw_ref.ns) && is_near(d->tai_ref.ns) && is_near(d->early.ns) && is_near(d->late.ns);
}

static void look(const struct page *page, struct mono_ns now)
{
    struct page_instant at;
    struct page_data d;
    struct clock_view v;

    if (page_read(page, &d) != 0)
        return;
    page_view(&d, now, &v);
    page_at(&d, now, &at);
    assert(v.utc.ns == page_utc(&d, now).ns && v.utc.ns == at.utc.ns);
    assert(!is_sound(&d, now) || (v.earliest.ns <= v.utc.ns && v.utc.ns <= v.latest.ns));
    assert(at.usable || (v.leap == LEAP_UNKNOWN && v.stratum == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t head = offsetof(struct page, copy);
    static struct page page;
    struct mono_ns now;

    if (size < 8)
        return 0;
    now.ns = (int64_t)wire_get64(data);
    data += 8;
    size = size - 8 < sizeof page ? size - 8 : sizeof page;
    memset(&page, 0, sizeof page);
    memcpy(&page, data, size);
    look(&page, now);
    page_init(&page, 0);
    page.generation = 2;
    memcpy((uint8_t *)&page + head, data, size < sizeof page - head ? size : sizeof page - head);
    look(&page, now);
    return 0;
}
