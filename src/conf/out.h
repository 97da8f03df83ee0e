/* Where generated text goes. */
#ifndef CONF_OUT_H
#define CONF_OUT_H

#include <stddef.h>

struct conf_out { void (*write)(void *user, const char *text, size_t len); void *user; };

/* At most 4095 bytes a call. */
__attribute__((format(printf, 2, 3))) void conf_out(const struct conf_out *o, const char *format, ...);

/* text between double quotes, as JSON and YAML both read it. */
void conf_out_quoted(const struct conf_out *o, const char *text);

#endif
