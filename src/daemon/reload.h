/* Another configuration while everything runs.
 *
 *   SIGHUP, utcctl reload, a watched file --> a child without rights reads it into the copy that is not in force (in one process: here)
 *      --> compared by rows with what is in force; what takes a restart is named and put back
 *      --> new listeners are opened beside the old ones, new access lists made beside the old ones: what cannot be had refuses the whole
 *      --> the generation is raised; listeners go and come; core is told
 *      --> whatever came of it, the program of key establishment looks at its files again, and is waited for
 *
 * A refusal leaves everything as it was, and says why. Only the parent's (or the one process's) loop runs this. */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "daemon/config_set.h"
#include "daemon/loop.h"
#include "daemon/setup.h"

struct reload_hooks {
    void *ctx;
    struct listeners_hooks listeners;
    void (*list)(void *ctx, unsigned i);        /* listener i goes by another access list now */
    void (*commit)(void *ctx, const struct conf_changes *changes); /* the new generation is in force: tell core, start what is missing */
    bool (*look_again)(void *ctx);              /* tell the program of key establishment to look at its files; false: it does not run */
    void (*done)(void *ctx, uint32_t ticket);   /* the report is there */
    void (*late)(void *ctx);                    /* a worker has stayed with the generation before for seconds, and a reload waits; NULL: there is none */
};

struct reload {
    struct setup *setup;
    struct loop *loop;
    struct reload_hooks hooks;
    bool in_process;
    pid_t reader;                       /* 0: none reads */
    struct mono_ns due;                 /* when to begin, or give the reader up; MONO_NEVER */
    struct mono_ns late_at;             /* when those are late who go by the generation before; MONO_NEVER: none was met */
    struct mono_ns settled_by;          /* when that program is waited for no longer; MONO_NEVER: it is not */
    struct mono_ns remind_at;           /* ... and when it is told again */
    uint32_t looked;                    /* how often it had looked before */
    bool asked;                         /* somebody waits for a reload that has not begun */
    uint32_t last_ticket, ticket;       /* asked for last; that of the reload under way */
    uint32_t taken;                     /* the generation that core goes by */
    struct mono_ns look_at;             /* process.watch_config: when to look at the files next */
    uint64_t seen;                      /* daemon_options_files, when they were looked at last */
    bool changed;                       /* ... for the first time as they were then */
};

/* Adds itself to the loop. */
void reload_start(struct reload *r, struct loop *loop, struct setup *s, const struct reload_hooks *hooks, bool in_process);

/* Somebody wants a reload; ticket: 0, or a number above the last one, which `done` gets back. Begins in the loop. */
void reload_ask(struct reload *r, uint32_t ticket);

/* Core goes by that generation, or is gone. */
void reload_taken(struct reload *r, uint32_t generation);

/* Called for each child that ended: ours? */
bool reload_reaped(struct reload *r, pid_t pid, int status);

/* Ends a reader that is under way. */
void reload_end(struct reload *r);

#endif
