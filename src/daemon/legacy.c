#include "daemon/legacy.h"

static bool is_of(const struct legacy_copy *copy, const struct page_data *page)
{
    return copy->asleep.ns == page->asleep.ns && copy->disruption == page->disruption;
}

void legacy_keep(struct legacy *l, const struct page_data *page, const struct clock_lapse *lapse)
{
    l->copy[(l->turn + 1) % 2] = (struct legacy_copy){ page->asleep, page->disruption, *lapse };
    __atomic_store_n(&l->turn, l->turn + 1, __ATOMIC_RELEASE);
}

struct clock_lapse legacy_recall(const struct legacy *l, const struct page_data *page)
{
    for (uint32_t back = 0; back < 2; back++)
        if (is_of(&l->copy[(l->turn - back) % 2], page))
            return l->copy[(l->turn - back) % 2].lapse;
    return (struct clock_lapse){ .lost = { 0 } };
}
