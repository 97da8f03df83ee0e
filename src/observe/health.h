/* Is the daemon alive, started, ready? Answers for those who start and stop programs, with reasons. */
#ifndef OBSERVE_HEALTH_H
#define OBSERVE_HEALTH_H

#include "observe/snapshot.h"

enum health_question { HEALTH_LIVE, HEALTH_STARTED, HEALTH_READY };

/* What is known when one of them is asked. */
struct health_facts {
    const struct snapshot *snapshot; /* the last there was; NULL: none yet */
    struct dur_ns silence;           /* how long ago that was */
    struct mono_ns now;
    struct dur_ns ready_max_error;   /* ready takes a bound no larger */
};

#define HEALTH_SILENCE_S 5           /* not ready when the keeper of the clock says nothing for so long ... */
#define HEALTH_DEAD_S 60             /* ... and not alive: by then it should have been started again */
#define HEALTH_MAX 1024

/* Writes a JSON object, {"status": "pass" or "fail", "notes": [reasons]}, in the words of application/health+json. Returns whether it is so; *len: its
 * length. */
bool health_write(enum health_question q, const struct health_facts *f, char out[HEALTH_MAX], size_t *len);

#endif
