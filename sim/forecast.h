/* One story over several seeds, looked at from a moment on: how wrong, how sure, how long usable, who is called false. */
#ifndef SIM_FORECAST_H
#define SIM_FORECAST_H

#include "sim/story.h"

#define FORECAST_NONE (-1.0)

/* Of a server: in how many runs it was ever called a falseticker, and the longest that took, in seconds after the moment; in how many it is followed at
 * the end. */
struct forecast_server { char name[STORY_NAME_MAX]; unsigned false_runs; double false_latest_s; unsigned followed_runs; };

struct forecast {
    unsigned runs, unusable_runs;   /* unusable: not usable at the moment itself */
    double error_max_s, error_rms_s, bound_max_s; /* of served time, over all runs, while usable */
    unsigned free_running_runs;
    double free_running_s;          /* shortest time after the moment until it was not usable any more; FORECAST_NONE: in no run */
    unsigned lost_runs;             /* not usable at the end */
    unsigned local_runs;            /* served by the operator's statement `local` at some moment */
    double local_s;                 /* shortest time after the moment until then; FORECAST_NONE: in no run */
    uint64_t broken;                /* probes at which true time was outside the bound */
    unsigned server_count;
    struct forecast_server server[STORY_NODES_MAX];
};

/* Was there time to serve at all, in any run? Where not, its error and bound are of nothing. */
static inline bool forecast_ever_usable(const struct forecast *f) { return f->unusable_runs < f->runs || f->bound_max_s > 0; }

/* The story's first client, seeds 1 to `runs`. Returns 0, or -UE_SYNTAX with *error filled. */
int forecast_run(const char *story, struct dur_ns moment, unsigned runs, struct forecast *out, struct story_error *error);

#endif
