/* clock.*, holdover.* and local.* of the configuration; rows in options.def, holdover.def and local.def. */
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
#undef OPTION

enum clock_mode { CLOCK_MODE_AUTO, CLOCK_MODE_SYSTEM, CLOCK_MODE_VIRTUAL };

struct clock_options { struct clock_own_options clock; struct holdover_options holdover; struct local_options local; };

#endif
