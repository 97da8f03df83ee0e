/* keys.* of the configuration; rows in keys/options.def. */
#ifndef KEYS_OPTIONS_H
#define KEYS_OPTIONS_H

#include "base/option.h"

enum keys_format { KEYS_FORMAT_CHRONY, KEYS_FORMAT_NTP };

struct keys_options {
#define OPTION OPTION_FIELD
#include "keys/options.def"
#undef OPTION
};

#endif
