/* For this room's tests: a page synchronised at second 1000 of the raw clock, silent at 2000, free-running at 3000. */
#ifndef SERVE_TEST_PAGE_H
#define SERVE_TEST_PAGE_H

#include "base/page.h"
#include "ntp/packet.h"

static inline struct page_data synchronised_page(void)
{
    return (struct page_data){
        .raw_ref = { 1000 * NS_PER_S }, .tai_ref = { INT64_C(1795395760) * NS_PER_S }, .slew_end = { 1000 * NS_PER_S }, .early = { 1000 },
        .late = { 1000 }, .growth = 1e-6, .growth_silent = 15e-6, .silent_at = { 2000 * NS_PER_S }, .holdover_at = { 2000 * NS_PER_S },
        .free_running_at = { 3000 * NS_PER_S }, .leap_at = { INT64_MAX }, .tai_minus_utc_s = 37, .status = CLOCK_SYNCHRONISED, .stratum = 2,
        .refid = NTP_REFID(198, 51, 100, 1), .precision_log2 = -25,
    };
}

#endif
