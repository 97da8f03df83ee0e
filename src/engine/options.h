/* Everything the engine is told: sources and the clock's options. */
#ifndef ENGINE_OPTIONS_H
#define ENGINE_OPTIONS_H

#include <stdio.h>

#include "base/option.h"
#include "clock/options.h"
#include "keys/keys.h"

#define ENGINE_SOURCES_MAX 16   /* slots: servers + pool members */
#define ENGINE_CONFIGURED_MAX 16
#define ENGINE_POOL_MEMBERS 4   /* at most, of one pool; also at most so many addresses used of one answer */

#define OPTION OPTION_FIELD
struct source_options {
    /* exactly one of server, pool, shm and sock is given */
#include "engine/source.def"
};
#undef OPTION

/* A reference clock, not a server. */
static inline bool options_reference(const struct source_options *o)
{
    return o->server.s[0] == '\0' && o->pool.s[0] == '\0' && (o->shm >= 0 || o->sock.s[0]);
}

/* What a source is called: its server or pool as configured, "SHM(0)" or "SOCK(/run/x.sock)". Returns that, in `out` or where it is. */
#define OPTIONS_NAME_MAX (OPTION_TEXT_MAX + 8)
static inline const char *options_name(const struct source_options *o, char out[OPTIONS_NAME_MAX])
{
    if (!options_reference(o))
        return o->pool.s[0] ? o->pool.s : o->server.s;
    if (o->sock.s[0])
        snprintf(out, OPTIONS_NAME_MAX, "SOCK(%s)", o->sock.s);
    else
        snprintf(out, OPTIONS_NAME_MAX, "SHM(%lld)", (long long)o->shm);
    return out;
}

struct engine_options {
    struct clock_options clock;
    const struct key_table *keys;   /* borrowed for the engine's life; NULL: none, and then no source has a key */
    uint32_t source_count;
    struct source_options source[ENGINE_CONFIGURED_MAX];
};

#endif
