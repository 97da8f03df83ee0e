/* access, rate_limit of the configuration; rows in access.def and rate_limit.def. */
#ifndef GUARD_OPTIONS_H
#define GUARD_OPTIONS_H

#include "base/option.h"

#define GUARD_ITEMS_MAX 32

#define OPTION OPTION_FIELD
struct access_options {
#include "guard/access.def"
};
struct rate_limit_options {
    bool present;
#include "guard/rate_limit.def"
};
#undef OPTION

/* Where a network of an access item was written; line 0: in no file. file: 0 for the configuration file, 1 .. for its drop-ins. */
struct guard_origin { uint32_t line; uint16_t column, file; };

struct guard_options {
    uint32_t access_count;
    struct access_options access[GUARD_ITEMS_MAX];
    struct guard_origin origin[GUARD_ITEMS_MAX][OPTION_LIST_MAX];
    struct rate_limit_options rate_limit;
};

#endif
