/* What the serve processes lack: answers that the system does not send, connections that it has no descriptor for. Counted by them, watched by core. */
#ifndef DAEMON_LACK_H
#define DAEMON_LACK_H

#include "daemon/shared.h"
#include "observe/problem.h"

struct lack_watch {
    struct shared_lack seen;            /* as of the last look */
    uint64_t answered;
    struct mono_ns looked_at;
    bool unsent, unaccepted;            /* was it so of late? */
    struct mono_ns unsent_at, unaccepted_at;
};

/* Of all serve processes since the parent started. */
struct shared_lack lack_of(const struct shared_state *shared);

/* Looks, once a second at most, and notes what is so or was within ten seconds. One client whom no answer can reach is no news: half of all answers is. */
void lack_note(struct lack_watch *w, const struct shared_state *shared, struct mono_ns now, struct problems *out);

#endif
