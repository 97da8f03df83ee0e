#include "daemon/found.h"

#include <stdio.h>

#include "base/err.h"

#define TOLD_NS (600 * NS_PER_S)

void found_note(const struct found *f, const char *state_file, struct dur_ns since_start, struct problems *out)
{
    char detail[PROBLEM_DETAIL_MAX];

    if (since_start.ns > TOLD_NS)
        return;
    if (f->state_err)
        problems_note(out, PROBLEM_SET_ASIDE, state_file, ue_text(f->state_err));
    if (f->beyond_ppm < 0 || f->beyond_ppm > 0) {
        snprintf(detail, sizeof detail, "it says %+.3f ppm", f->beyond_ppm);
        problems_note(out, PROBLEM_STATE_CLAMPED, state_file, detail);
    }
    if (f->leap_armed != LEAP_NONE)
        problems_note(out, PROBLEM_LEAP_CLEARED, NULL, f->leap_armed == LEAP_INSERT ? "a second was to be inserted" : "a second was to be deleted");
}
