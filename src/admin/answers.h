/* What is said at which path: one table. Everything comes from memory; there is no file to be reached by any path. */
#ifndef ADMIN_ANSWERS_H
#define ADMIN_ANSWERS_H

#include "admin/admin.h"
#include "admin/core_link.h"
#include "admin/history.h"
#include "observe/metrics.h"

/* What answers are made of. */
struct answers {
    const struct admin_shared *shared;
    const struct core_link *core;
    const struct history *history;
};

struct body {
    unsigned status;            /* of HTTP */
    const char *type;           /* Content-Type */
    size_t len;
    bool is_page;               /* may load what is here, and nothing else */
};

/* What a request says beyond its path. */
struct wish { const char *accept; /* the field's value, or "" */ };

#define BODY_MAX METRICS_MAX

/* What is sent again and again at ANSWERS_EVENTS. Returns the length, 0 when it did not fit. */
#define ANSWERS_EVENTS "/v1/events"
size_t answers_event(const struct answers *a, struct mono_ns now, char out[BODY_MAX]);

/* Writes the body that is at `path`. Returns false when there is nothing. */
bool answers_write(const struct answers *a, const char *path, const struct wish *w, struct mono_ns now, char out[BODY_MAX], struct body *body);

#endif
