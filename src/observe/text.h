/* Text written into a buffer, for the renderers. Nothing is written past the end; `full` then says so, and what was written is of no use. */
#ifndef OBSERVE_TEXT_H
#define OBSERVE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text { char *start, *at, *end; bool full; };

struct text text_of(char *out, size_t size); /* size >= 1 */

/* As they are: who writes what came from outside escapes it. */
void text_put(struct text *t, const char *s);
/* Likewise, `len` of them. */
void text_put_bytes(struct text *t, const char *s, size_t len);
/* Likewise, as printf would. */
__attribute__((format(printf, 2, 3))) void text_put_format(struct text *t, const char *format, ...);

/* A whole number; a number of nanoseconds as seconds, exactly and without needless digits: "0.000012345". */
void text_put_count(struct text *t, uint64_t v);
void text_put_seconds(struct text *t, int64_t ns);

/* Terminates the text. Returns its length, 0 when it did not fit. */
size_t text_end(struct text *t);

#endif
