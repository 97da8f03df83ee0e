/* Everything that must be there before the daemon promises anything: run directory and lock, listeners, clock page, control socket, the decision about
 * the clock. All of it or nothing: whatever is missing is told in a sentence that says what to do, and becomes the exit code. */
#ifndef DAEMON_SETUP_H
#define DAEMON_SETUP_H

#include "daemon/admin_role.h"
#include "daemon/config_set.h"
#include "daemon/core.h"
#include "daemon/join.h"
#include "daemon/ke_role.h"
#include "daemon/listeners.h"
#include "daemon/mode.h"
#include "host/privilege.h"
#include "lib/run_dir.h"

struct setup {
    const struct daemon_options *options;
    bool one_process;
    pid_t pid;                      /* of the parent, or the one process */
    const char *argv0;
    bool detached;                  /* no run directory: no lock, page file or control socket */
    char run_dir[RUN_PATH_MAX];
    struct host_user user_storage;
    const struct host_user *user;   /* process.user, or NULL: stay who we are */
    unsigned workers;               /* serve processes */
    struct inherited inherited;     /* sockets handed over by whoever started us */
    struct listeners listeners;
    int channel[WORKERS_MAX][2];    /* from the parent to each worker, about its listeners; the worker's end second; -1: none */
    struct ke_role ke;
    struct admin_role admin;
    struct serve_options serve;     /* in force; of generation 0 until a reload */
    struct config_sets *sets;       /* of reloads */
    struct guard *guard_memory;     /* serve.guard, when there is one; a reload may need it later */
    struct guard_maker lists;       /* of access, as they were made in it */
    bool guard_ready;
    struct interleave *interleave_memory; /* likewise serve.interleave */
    struct mode mode;
    int control_fd;                 /* listening; -1: none */
    char control_path[OPTION_TEXT_MAX]; /* where */
    int ke_end;                     /* of simple-utcd-ke client; -1: no source has NTS */
    int resolve_end;                /* the resolver's end of its socket pair; -1: no name is configured */
    int clock_end;                  /* the clock role's end; -1 */
    int reload_end;                 /* the parent's end towards core, about configurations; -1: one process */
    struct hardware hardware;
    struct references references;
    struct responder responder;
    struct join join;               /* roles that come by themselves */
    int life, bell;                 /* in such a role: how it hears of the parent (join.h); -1 or 0: it was forked */
    struct core_world world;
};

/* Fills *s, which is all zeroes: writing them again would cost a page fault for each of its pages.
 * Returns 0 or the exit code, after a sentence on standard error. */
int setup_make(struct setup *s, const struct daemon_options *options, bool one_process, const char *argv0);

/* What a reload needs for the first time; nothing where it is there already. Both return 0 or -UE_.... */
int setup_guard(struct setup *s, const struct guard_options *o, bool log_clients);
int setup_interleave(struct setup *s, const struct ntp_options *o);

/* Sockets to the programs that look up names and NTS keys, as far as the sources need them and they are not there yet. Returns 0 or -UE_.... */
int setup_helpers(struct setup *s, const struct engine_options *o);

/* The parent's sockets to workers that a reload made necessary; that to one of them, where it has none. Return 0 or -UE_.... */
int setup_channels(struct setup *s);
int setup_channel(struct setup *s, unsigned worker);

/* Removes what a clean end leaves nothing of: the control socket. */
void setup_clean(const struct setup *s);

#endif
