/* Everything the engine is told: sources and the clock's options. */
#ifndef ENGINE_OPTIONS_H
#define ENGINE_OPTIONS_H

#include "base/option.h"
#include "clock/options.h"
#include "keys/keys.h"

#define ENGINE_SOURCES_MAX 16   /* slots: servers + pool members */
#define ENGINE_CONFIGURED_MAX 16
#define ENGINE_POOL_MEMBERS 4   /* at most, of one pool; also at most so many addresses used of one answer */

#define OPTION OPTION_FIELD
struct source_options {
    /* exactly one of server and pool is given */
#include "engine/source.def"
};
#undef OPTION

struct engine_options {
    struct clock_options clock;
    const struct key_table *keys;   /* borrowed for the engine's life; NULL: none, and then no source has a key */
    uint32_t source_count;
    struct source_options source[ENGINE_CONFIGURED_MAX];
};

#endif
