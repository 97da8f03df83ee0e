/* What a configuration may hold: sections of rows, handed in by daemon/wire.c. conf/ knows no room. */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <stddef.h>

#include "base/option.h"

enum conf_type {
    CONF_BOOL, CONF_INT, CONF_DURATION, CONF_PPM, CONF_SIZE, CONF_ENUM, CONF_TEXT, CONF_HOST, CONF_PATH, CONF_TEXTS, CONF_LISTEN, CONF_NETS
};

/* One key: a row of an options.def. default_text, min and max are written as in a file. */
struct conf_row {
    enum conf_type type;
    const char *name;
    size_t offset;              /* of the field in its section's struct */
    const char *default_text, *min, *max;
    enum option_reload reload;
    const char *sentence;
};

#define CONF_ROW(type_, name_, default_, min_, max_, reload_, sentence_) \
    { CONF_##type_, #name_, offsetof(CONF_STRUCT, name_), default_, min_, max_, reload_, sentence_ },

enum conf_section_kind {
    CONF_TOP,       /* its rows stand at the top of the file */
    CONF_MAP,       /* name: { key: value } */
    CONF_LIST       /* name: [ { key: value } ] */
};

#define CONF_NONE ((size_t)-1)

struct conf_section {
    enum conf_section_kind kind;
    const char *name;           /* "" for CONF_TOP */
    const struct conf_row *rows;
    size_t row_count;
    size_t offset;              /* of the section's struct (for a list: of its first item) in the whole */
    size_t present_offset;      /* CONF_MAP: of a bool told whether the section is given, or CONF_NONE */
    size_t count_offset, item_size, item_max; /* CONF_LIST: of the uint32_t count */
    const char *default_text;   /* CONF_LIST: the whole list when the file has none, as a file would say it */
    uint16_t default_port;      /* of listen addresses without one */
    const char *sentence;
};

struct conf_schema {
    const struct conf_section *sections;
    size_t section_count;
    const char *title;          /* program name */
    const char *env_prefix;     /* "SIMPLE_UTCD_" */
};

#endif
