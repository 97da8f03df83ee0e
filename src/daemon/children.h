/* The parent's children: each role that is wanted is started, asked for signs of life, started again when it dies (deaths.h), told signals, ended at the end.
 *
 * A role that comes by itself (join.h) is a child too, once it was let in (arrivals.h): it is waited for instead of started, and its connection, which ends
 * with either side, stands for what waitpid() and kill() are to the others. */
#ifndef DAEMON_CHILDREN_H
#define DAEMON_CHILDREN_H

#include "daemon/deaths.h"
#include "daemon/reload.h"

struct child {
    pid_t pid;                  /* 0: does not run */
    struct mono_ns start_at;    /* when to start it; MONO_NEVER */
    unsigned refused;           /* forks in a row that the system refused */
    struct deaths deaths;
    unsigned missed;            /* rounds in which it had not seen the question yet */
    uint32_t asked;             /* the last question for a sign of life; 0: none yet */
    uint32_t seen;              /* the last one that it answered */
    bool hung;                  /* it was killed because it gave no sign of life */
    int life, bell;             /* of a role that came by itself (join.h); -1: it was forked */
};

struct children {
    struct setup *setup;
    struct loop *loop;
    struct reload *reload;
    const bool *started;        /* the start is over: who ends by himself before would do so again */
    struct child child[ROLE_COUNT];
    bool stopping;
    bool core_ran;              /* what is on the page is a core's */
    int code;                   /* how the parent will end */
    struct mono_ns kill_at;
    struct mono_ns look_at;     /* for signs of life; MONO_NEVER */
    uint32_t beat;              /* questions for them so far */
    pid_t parent;
};

/* Fills *c, which is all zeroes, and starts those who are wanted; adds itself to the loop. All is borrowed for good; *reload and *started may be filled
 * later. */
void children_start(struct children *c, struct loop *loop, struct setup *s, struct reload *reload, const bool *started);

/* Is that role to run, as things stand? */
bool children_wanted(const struct children *c, enum role r);

/* Workers that have no process yet, because until now nothing was served. */
void children_start_serving(struct children *c);

/* The options for signs of life have changed. */
void children_watch_life(struct children *c);

/* It has answered that question for a sign of life. */
void children_heard(struct children *c, enum role r, uint32_t beat);

/* Tells it a signal, where it runs: SIGTERM, SIGHUP, SIGKILL. */
void children_signal(struct children *c, enum role r, int number);

/* One of the workers does not go over to another configuration, and any of them could have written that: the next ones begin with it. */
void children_replace_workers(struct children *c);

/* The process ended with that status of waitpid(). Nothing where it is no child of ours. */
void children_reaped(struct children *c, pid_t pid, int status, struct mono_ns now);

/* Ends all, the clock role last, and then the loop. Who does not end within 5 s is killed. */
void children_stop(struct children *c, struct mono_ns now);
/* While they end: is the loop's end come, or the clock role's turn? */
void children_go_on_stopping(struct children *c);

/* A role that came by itself ended, or shall: the connection's end is SIGTERM to it. Its service starts the next one. */
void children_part(struct children *c, enum role r, const char *reason, struct mono_ns now);

/* What the sandbox noted of that role. */
struct sandbox_note *children_note(const struct children *c, enum role r);

/* ctx: struct children. All that time is served by are there and give signs of life? Those that come by themselves are not asked for. */
bool children_alive(void *ctx);

#endif
