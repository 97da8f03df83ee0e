/* Everything that is wrong with one configuration, in the caller's storage. */
#ifndef CONF_ERROR_H
#define CONF_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#define CONF_ERRORS_MAX 64
#define CONF_ERROR_TEXT_MAX 512

/* Where a value comes from. */
enum conf_origin_kind { CONF_FROM_DEFAULT, CONF_FROM_FILE, CONF_FROM_ENVIRONMENT, CONF_FROM_SECRET /* a file named by a variable; never shown */ };
struct conf_origin {
    enum conf_origin_kind kind;
    uint32_t line, column;      /* from 1; 0 = the whole file. Within the variable's value for the environment */
    const char *name;           /* file or variable; borrowed from who gave it */
};

/* kept holds the first CONF_ERRORS_MAX of found. Each is one line:
 * "FILE:LINE:COLUMN: key: what is wrong; what is right", or "environment NAME: ...". */
struct conf_errors {
    uint32_t found, kept;
    char text[CONF_ERRORS_MAX][CONF_ERROR_TEXT_MAX];
    struct { struct conf_origin at; uint16_t sentence; /* where in text it begins, behind the place */ } part[CONF_ERRORS_MAX];
};

/* Adds one; values from outside are shown through conf_quote. What a terminal would obey becomes a question mark. */
__attribute__((format(printf, 3, 4))) void conf_error_add(struct conf_errors *e, struct conf_origin at, const char *format, ...);

/* text between double quotes, unprintable bytes as \xHH, cut to 60 characters. Returns out. */
#define CONF_QUOTE_MAX 256
const char *conf_quote(const char *text, char *out);

#endif
