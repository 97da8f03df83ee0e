/* What is said at which path: one table. Everything comes from memory; there is no file to be reached by any path. */
#ifndef ADMIN_ANSWERS_H
#define ADMIN_ANSWERS_H

#include "admin/admin.h"
#include "admin/core_link.h"

/* What answers are made of. */
struct answers {
    const struct admin_shared *shared;
    const struct core_link *core;
};

struct body {
    unsigned status;            /* of HTTP */
    const char *type;           /* Content-Type */
    size_t len;
};

/* What a request says beyond its path. */
struct wish { const char *accept; /* the field's value, or "" */ };

#define BODY_MAX 262144

/* Writes the body that is at `path`. Returns false when there is nothing. */
bool answers_write(const struct answers *a, const char *path, const struct wish *w, struct mono_ns now, char out[BODY_MAX], struct body *body);

#endif
