/* The types of values: text to field and back.
 *
 *   bool      true, false                    numbers   conf/number.h: int, duration, ppm, size
 *   host      name or numeric address        text      one line of at least one byte         path      text that begins with /
 *   listen    list of "192.0.2.1:123", "[::1]:123", "*:123", "*%eth0:123", or without port for the service's own
 *   nets      list of "192.0.2.0/24", "2001:db8::/32", or one address
 * Every field written reads back to the same field. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/number.h"
#include "conf/out.h"
#include "conf/schema.h"

struct conf_kind {
    const char *noun;           /* for errors: "a duration such as \"64s\"" */
    const char *word;           /* for the manual: "duration" */
    const char *json_type, *pattern; /* for the JSON Schema, of one item in a list; pattern may be NULL */
    bool list;
    bool bare;                  /* written without quotes; a quoted one is text and refused */
    /* A number has these two ... */
    int (*parse)(const char *text, struct conf_number *out);
    void (*format)(struct conf_number n, char *out);
    /* ... anything else has these. */
    int (*read)(const struct conf_row *row, uint16_t default_port, const char *text, void *field);
    void (*write)(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o);
};

/* The row of a type. Never NULL. */
const struct conf_kind *conf_kind(enum conf_type type);

/* How many bytes a field of that type takes. */
size_t conf_field_size(enum conf_type type);

/* Text to field, within the row's limits; for a list, one item appended. 0, -UE_SYNTAX, -UE_RANGE, -UE_FULL; the field is then unchanged. */
int conf_value_read(const struct conf_row *row, uint16_t default_port, const char *text, void *field);

/* As in a file; for a list, item i. */
void conf_value_write(const struct conf_row *row, const void *field, size_t i, const struct conf_out *o);

/* The field of a row that a file does not give. */
void conf_value_default(const struct conf_row *row, void *field);

/* How many items a list holds; 0 for what is no list. */
size_t conf_list_count(const struct conf_row *row, const void *field);

/* An absent text, host or path: nothing to print. */
bool conf_value_is_absent(const struct conf_row *row, const void *field);

/* "a duration such as "64s", from 1us to 1d", "one of auto, system, virtual". */
#define CONF_EXPECTED_MAX 256
const char *conf_expected(const struct conf_row *row, char *out);

/* Choice number i of an ENUM into out (CONF_CHOICE_MAX bytes); false when there is none. */
#define CONF_CHOICE_MAX 32
bool conf_choice(const struct conf_row *row, size_t i, char *out);

#endif
