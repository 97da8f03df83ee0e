/* By which name are we called? A page of somebody else's can make its own name lead to this machine (DNS rebinding), and a browser then calls us by that
 * name: only addresses, localhost and the names of http.hosts are ours. Pure. */
#ifndef ADMIN_AUTHORITY_H
#define ADMIN_AUTHORITY_H

#include <stdbool.h>

#include "base/option.h"

#define HTTP_DEFAULT_PORT 80 /* where a Host field names none */

/* A Host field: name or address, with or without a port. */
bool authority_is_ours(const char *host, const struct option_texts *names);

/* An Origin field: http or https, and an authority of ours. */
bool authority_origin_is_ours(const char *origin, const struct option_texts *names);

#endif
