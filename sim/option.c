#include "sim/option.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sim/value.h"

enum kind { BOOL, INT, DURATION, PPM, ENUM, TEXT, PATH, HOST, SIZE, TEXTS, LISTEN, NETS };

struct row { const char *key, *initial, *min, *max; enum kind kind; size_t offset; };

static const struct row engine_rows[] = {
#define OPTION(type, name, initial, low, high, ...) { "clock." #name, initial, low, high, type, offsetof(struct engine_options, clock.clock.name) },
#include "clock/options.def"
#undef OPTION
#define OPTION(type, name, initial, low, high, ...) { "holdover." #name, initial, low, high, type, offsetof(struct engine_options, clock.holdover.name) },
#include "clock/holdover.def"
#undef OPTION
#define OPTION(type, name, initial, low, high, ...) { "local." #name, initial, low, high, type, offsetof(struct engine_options, clock.local.name) },
#include "clock/local.def"
#undef OPTION
#define OPTION(type, name, initial, low, high, ...) { "leap." #name, initial, low, high, type, offsetof(struct engine_options, clock.leap.name) },
#include "clock/leap.def"
#undef OPTION
};

static const struct row source_rows[] = {
#define OPTION(type, name, initial, low, high, ...) { #name, initial, low, high, type, offsetof(struct source_options, name) },
#include "engine/source.def"
#undef OPTION
};

#define ROWS(a) (sizeof(a) / sizeof(a)[0])

static int set_bool(void *at, const char *value)
{
    bool yes = strcmp(value, "true") == 0;

    if (!yes && strcmp(value, "false") != 0)
        return -UE_SYNTAX;
    memcpy(at, &yes, sizeof yes);
    return 0;
}

static int set_int(const struct row *r, void *at, const char *value)
{
    int64_t v, low, high;

    if (!value_integer(value, &v))
        return -UE_SYNTAX;
    if ((value_integer(r->min, &low) && v < low) || (value_integer(r->max, &high) && v > high))
        return -UE_RANGE;
    memcpy(at, &v, sizeof v);
    return 0;
}

static int set_duration(const struct row *r, void *at, const char *value)
{
    struct dur_ns v, low, high;

    if (!value_duration(value, &v))
        return -UE_SYNTAX;
    if ((value_duration(r->min, &low) && v.ns < low.ns) || (value_duration(r->max, &high) && v.ns > high.ns))
        return -UE_RANGE;
    memcpy(at, &v, sizeof v);
    return 0;
}

static int set_ppm(const struct row *r, void *at, const char *value)
{
    double v, low, high;

    if (!value_ratio(value, &v))
        return -UE_SYNTAX;
    if ((value_ratio(r->min, &low) && v < low) || (value_ratio(r->max, &high) && v > high))
        return -UE_RANGE;
    v *= 1e6;
    memcpy(at, &v, sizeof v);
    return 0;
}

static int set_enum(const struct row *r, void *at, const char *value)
{
    uint8_t index = 0;
    size_t len = strlen(value);

    for (const char *c = r->min; *c != '\0'; c += strcspn(c, "|"), c += *c == '|', index++)
        if (strcspn(c, "|") == len && strncmp(c, value, len) == 0) {
            memcpy(at, &index, sizeof index);
            return 0;
        }
    return -UE_SYNTAX;
}

static int set_row(const struct row *r, void *base, const char *value)
{
    void *at = (char *)base + r->offset;

    switch (r->kind) {
    case BOOL:
        return set_bool(at, value);
    case INT:
        return set_int(r, at, value);
    case DURATION:
        return set_duration(r, at, value);
    case PPM:
        return set_ppm(r, at, value);
    case ENUM:
        return set_enum(r, at, value);
    case TEXT:
    case PATH:
    case HOST:
        snprintf(((struct option_text *)at)->s, OPTION_TEXT_MAX, "%s", value);
        return 0;
    default: /* lists: nothing a story needs */
        return -UE_UNSUPPORTED;
    }
}

void option_defaults(struct engine_options *o)
{
    memset(o, 0, sizeof *o);
    for (size_t i = 0; i < ROWS(engine_rows); i++)
        set_row(&engine_rows[i], o, engine_rows[i].initial);
}

void option_source_defaults(struct source_options *s)
{
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < ROWS(source_rows); i++)
        set_row(&source_rows[i], s, source_rows[i].initial);
}

int option_set(struct engine_options *o, const char *key, const char *value)
{
    int err = -UE_NO_NAME;

    for (size_t i = 0; i < ROWS(engine_rows) && err == -UE_NO_NAME; i++)
        if (strcmp(engine_rows[i].key, key) == 0)
            err = set_row(&engine_rows[i], o, value);
    if (err == 0 && strncmp(key, "local.", 6) == 0)
        o->clock.local.present = true;
    return err;
}

size_t option_keys(bool source, const char *keys[OPTION_KEYS_MAX])
{
    const struct row *rows = source ? source_rows : engine_rows;
    size_t count = source ? ROWS(source_rows) : ROWS(engine_rows);

    for (size_t i = 0; i < count; i++)
        keys[i] = rows[i].key;
    return count;
}
