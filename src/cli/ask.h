/* The daemon's picture, over its control socket or, where that cannot be used, from the clock page alone. */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "observe/control.h"

#define RUN_WHERE_MAX 128

struct asked {
    struct snapshot snapshot;
    enum control_result result;     /* what the daemon said of the request */
    bool page_only;                 /* no socket could be used: snapshot holds page and now, nothing else */
    char where[RUN_WHERE_MAX];      /* the socket or page that was used, or tried last */
};

/* socket: its path, or NULL for this user's own daemon, else the system's. sections: of a SNAPSHOT request. Returns 0 with *out, or
 * -UE_NO_FILE, -UE_REFUSED (no daemon runs), -UE_PERMISSION, -UE_TIMEOUT, -UE_SYNTAX ... */
int ask_daemon(const char *socket, uint32_t sections, struct asked *out);

/* The same for any request; the page is no answer to one that is private (control_is_private): -UE_PERMISSION. */
int ask_request(const char *socket, const struct control_request *request, struct asked *out);

#endif
