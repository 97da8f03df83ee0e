/* Text for HTML. Pure. */
#ifndef ADMIN_HTML_H
#define ADMIN_HTML_H

#include "observe/text.h"

/* Bytes from outside as text, in an element or a quoted attribute: markup means nothing, and what is not printable ASCII is \xNN. */
void html_put(struct text *t, const char *text);

/* Likewise, and what stands between two backticks is code. */
void html_put_marked(struct text *t, const char *text);

/* A duration for people: "12.3 <micro>s". */
void html_put_ns(struct text *t, int64_t ns);

#endif
