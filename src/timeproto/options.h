/* time.* and daytime.* of the configuration; rows in time.def and daytime.def. */
#ifndef TIMEPROTO_OPTIONS_H
#define TIMEPROTO_OPTIONS_H

#include "base/option.h"

#define OPTION OPTION_FIELD
struct time_options {
#include "timeproto/time.def"
};
struct daytime_options {
#include "timeproto/daytime.def"
};
#undef OPTION

struct timeproto_options { struct time_options time; struct daytime_options daytime; };

#endif
