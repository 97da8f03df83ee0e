#include "daemon/lack.h"

#define LOOK_NS NS_PER_S
#define TOLD_NS (10 * NS_PER_S)

struct shared_lack lack_of(const struct shared_state *shared)
{
    struct shared_lack all = { 0 };

    for (unsigned i = 0; i < WORKERS_MAX; i++) {
        all.unsent += shared->lack[i].unsent;
        all.unaccepted += shared->lack[i].unaccepted;
    }
    return all;
}

/* Those that were made, whether they left or not. */
static uint64_t answers_of(const struct shared_state *shared)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < WORKERS_MAX; i++)
        for (unsigned s = 0; s < SERVICE_COUNT; s++)
            n += shared->served[i].verdict[s][VERDICT_ANSWERED];
    return n;
}

static void look(struct lack_watch *w, const struct shared_state *shared, struct mono_ns now)
{
    struct shared_lack all = lack_of(shared);
    uint64_t answered = answers_of(shared);

    if (all.unsent != w->seen.unsent && 2 * (all.unsent - w->seen.unsent) >= answered - w->answered) {
        w->unsent = true;
        w->unsent_at = now;
    }
    if (all.unaccepted != w->seen.unaccepted) {
        w->unaccepted = true;
        w->unaccepted_at = now;
    }
    w->seen = all;
    w->answered = answered;
    w->looked_at = now;
}

void lack_note(struct lack_watch *w, const struct shared_state *shared, struct mono_ns now, struct problems *out)
{
    if (mono_sub(now, w->looked_at).ns >= LOOK_NS)
        look(w, shared, now);
    if (w->unsent && mono_sub(now, w->unsent_at).ns <= TOLD_NS)
        problems_note(out, PROBLEM_NOT_SENT, NULL, NULL);
    if (w->unaccepted && mono_sub(now, w->unaccepted_at).ns <= TOLD_NS)
        problems_note(out, PROBLEM_NO_DESCRIPTORS, NULL, NULL);
}
