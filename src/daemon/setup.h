/* Everything that must be there before the daemon promises anything: run directory and lock, listeners, clock page, control socket, the decision about
 * the clock. All of it or nothing: whatever is missing is told in a sentence that says what to do, and becomes the exit code. */
#ifndef DAEMON_SETUP_H
#define DAEMON_SETUP_H

#include "daemon/core.h"
#include "daemon/ke_role.h"
#include "daemon/listeners.h"
#include "daemon/mode.h"
#include "host/privilege.h"
#include "lib/run_dir.h"

struct setup {
    const struct daemon_options *options;
    bool one_process;
    const char *argv0;
    bool detached;                  /* no run directory: no lock, page file or control socket */
    char run_dir[RUN_PATH_MAX];
    struct host_user user_storage;
    const struct host_user *user;   /* process.user, or NULL: stay who we are */
    unsigned workers;               /* serve processes */
    struct listeners listeners;
    int channel[WORKERS_MAX][2];    /* from the parent to each worker, about its listeners; the worker's end second; -1: none */
    struct ke_role ke;
    struct serve_options serve;
    struct mode mode;
    int control_fd;                 /* listening; -1: none */
    int ke_end;                     /* of simple-utcd-ke client; -1: no source has NTS */
    int resolve_end;                /* the resolver's end of its socket pair; -1: no name is configured */
    int clock_end;                  /* the clock role's end; -1 */
    struct hardware hardware;
    struct responder responder;
    struct core_world world;
};

/* Fills *s, which is all zeroes: writing them again would cost a page fault for each of its pages.
 * Returns 0 or the exit code, after a sentence on standard error. */
int setup_make(struct setup *s, const struct daemon_options *options, bool one_process, const char *argv0);

/* The first lines on the screen: what runs, on what clock, where it answers, whom it asks, and what to try next. */
void setup_tell(const struct setup *s);

/* Removes what a clean end leaves nothing of: the control socket. */
void setup_clean(const struct setup *s);

#endif
