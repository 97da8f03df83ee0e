/* clock.*, holdover.*, local.* and leap.* of the configuration; rows in options.def, holdover.def, local.def and leap.def. */
#ifndef CLOCK_OPTIONS_H
#define CLOCK_OPTIONS_H

#include "base/option.h"

#define OPTION OPTION_FIELD
struct clock_own_options {
#include "clock/options.def"
};
struct holdover_options {
#include "clock/holdover.def"
};
struct local_options {
    bool present;   /* the section is there: the operator made the statement */
#include "clock/local.def"
};
struct leap_options {
#include "clock/leap.def"
};
#undef OPTION

/* What the system clock does at a leap second. leap.smear and ntp.smear count their laws from 0: enum smear_law is one more. */
enum leap_mode { LEAP_MODE_STEP, LEAP_MODE_SLEW, LEAP_MODE_IGNORE, LEAP_MODE_SMEAR };
enum leap_unknown { LEAP_UNKNOWN_DOUBT, LEAP_UNKNOWN_NONE };
enum clock_mode { CLOCK_MODE_AUTO, CLOCK_MODE_SYSTEM, CLOCK_MODE_VIRTUAL };

struct clock_options { struct clock_own_options clock; struct holdover_options holdover; struct local_options local; struct leap_options leap; };

#endif
