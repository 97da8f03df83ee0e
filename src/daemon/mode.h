/* Is the system clock steered, or is it left alone and a virtual one kept? Found by trying, never from user ids or capability bits. */
#ifndef DAEMON_MODE_H
#define DAEMON_MODE_H

#include <stdbool.h>

#include "clock/options.h"
#include "host/clock.h"
#include "observe/snapshot.h"

struct mode {
    bool steer;
    int refused;                      /* clock.mode is system, but the host does not permit it: -UE_..., a virtual clock is kept; else 0 */
    char reason[SNAPSHOT_TEXT_MAX];   /* for people */
    char rival[32];                   /* another program that steers the same clock, though clock.mode is system; "" if none */
    bool others_hidden;               /* steering, and who runs on this machine cannot be seen: that no rival is named proves nothing */
    bool rival_unseen;                /* the kernel's clock alone told of it: that no such process is seen does not mean that it has ended */
};

/* What the decision stands on, looked up lazily: `other` is asked only when steering is permitted. */
struct mode_facts {
    bool build_tree;
    bool steered_before;              /* a kernel clock kept well may be our own doing */
    int (*probe)(void);
    bool (*other)(char *name, size_t size);
    bool others_hidden;               /* not host_sees_others */
};

/* Fills *out. */
void mode_decide(enum clock_mode wanted, const struct mode_facts *facts, struct mode *out);

#endif
