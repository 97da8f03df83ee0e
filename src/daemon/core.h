/* The core role: the engine, its client sockets, the page, the files of memory and leap seconds. Turns actions into system calls and what comes of them
 * into events.
 *
 *   descriptors, deadlines --> event --> engine_step --> actions --> sockets, page, memory file, clock role, resolver, log
 *                                ^-------------------------------------'  (send failed, clock pair, clock result)
 *
 * Where the clock role is another process, commands go to clock_fd; in one process they are obeyed at once. */
#ifndef DAEMON_CORE_H
#define DAEMON_CORE_H

#include <sys/types.h>

#include "daemon/audit.h"
#include "daemon/clock_role.h"
#include "daemon/clockbound_file.h"
#include "daemon/config_set.h"
#include "daemon/found.h"
#include "daemon/hardware.h"
#include "daemon/lack.h"
#include "daemon/leap_files.h"
#include "daemon/legacy.h"
#include "daemon/loop.h"
#include "daemon/mode.h"
#include "daemon/operator_words.h"
#include "daemon/options.h"
#include "daemon/references.h"
#include "daemon/responder.h"
#include "daemon/shared.h"
#include "engine/engine.h"
#include "io/machine.h"
#include "io/udp.h"

#define CORE_EXCHANGES_MAX 32
#define CORE_QUEUE_MAX 64

/* How the rest of the daemon looks to the core. */
struct ke_picture;

struct core_world {
    const struct daemon_options *options;
    struct page *page;
    struct shared_state *shared;
    struct shared_steps *steps;
    const char *clock_mode;             /* "system" or "virtual" */
    const char *clock_reason;
    const struct mode *mode;            /* how that was decided */
    bool steer;                         /* a system clock is steered */
    int clock_fd;                       /* the clock role's socket; -1: obey here, by `driver` */
    const struct host_clock *driver;
    int ke_fd;                          /* the socket of simple-utcd-ke client; -1: no source has NTS */
    const struct ke_picture *ke;        /* what the server of NTS key establishment tells of itself; NULL: there is none */
    int resolve_fd;                     /* the resolver's socket; -1: no name is configured */
    struct utc_ns wall;                 /* served time goes on from here */
    struct mono_ns wall_at;
    struct hardware *hardware;          /* cards that stamp */
    struct references *references;      /* reference clocks; NULL: none is read */
    struct config_sets *sets;           /* of reloads */
    struct operator_words *words;       /* what operators changed, for the next core; NULL: there will be none */
    struct legacy *legacy;              /* likewise, what the page does not tell; NULL: there will be none */
    int reload_fd;                      /* to the parent, about them; -1: one process */
    void (*ask_reload)(uint32_t ticket); /* one process: what there is instead */
    void (*need_helpers)(const struct engine_options *o); /* one process: names or NTS keys may be needed for the first time */
    gid_t operators;                    /* control.operators; GROUP_NONE */
    uid_t user;                         /* whom core runs as */
    struct clockbound_segment *clockbound; /* for ClockBound's clients; NULL: none */
    const struct io_vmclock *vmclock;   /* tells that the virtual machine was moved; NULL: there is none */
    const struct guard *guard;          /* shared with the serve roles, to tell of; NULL: nobody is counted or refused */
    const struct admin_role *admin;     /* HTTP as it was set up */
    const struct listeners *listeners;  /* to tell which access list holds where */
    struct clock_memory memory;         /* of earlier runs, as the parent found it */
    struct found found;                 /* likewise, at the start */
    const struct responder *responder;  /* the one inside the kernel, which is told the time of the page */
    const struct serve_options *serve;  /* how it answers */
    const struct page_data *before;     /* what a core that died published last, to go on from; NULL: none */
};

struct core_exchange {
    uint32_t id;                        /* 0: free */
    int fd;
    struct net_addr own;                /* ours towards that server */
    bool late_stamp;                    /* a card stamps the request, and has not told yet */
};

struct core {
    struct core_world *world;
    struct loop *loop;
    struct engine *engine;
    int save_err;                       /* why the last save failed: told once until it works again */
    bool names_watched, keys_watched;   /* the helpers' sockets are on the loop */
    unsigned missing_told[ROLE_COUNT + 1]; /* by role, who speaks TLS for us behind them: what was told that it has to do without */
    uint8_t turn;                       /* of the configuration: part of each question */
    uint32_t names_asked;               /* set of configured lines whose name is being looked up */
    uint32_t keys_asked;                /* set of configured lines for which NTS keys are being established */
    struct mono_ns keys_due;            /* when to give them up; MONO_NEVER */
    struct mono_ns names_due;           /* when to give them up; MONO_NEVER */
    struct dur_ns asleep;               /* how long the machine has slept, as far as the engine was told */
    uint64_t disruption;                /* the VMClock's marker, as far as the engine was told */
    struct mono_ns clockbound_due;      /* when it is to be written again; MONO_NEVER without one */
    struct mono_ns references_due;      /* when to look at reference clocks; MONO_NEVER without any */
    struct mono_ns vmclock_due;         /* when to look at it at the latest; MONO_NEVER without one */
    struct core_exchange exchange[CORE_EXCHANGES_MAX];
    unsigned queue_first, queue_count;  /* events that actions caused */
    struct event queue[CORE_QUEUE_MAX];
    bool stepping;
    struct mono_ns responder_due;       /* when the responder is to be told again; MONO_NEVER without one */
    struct leap_files leap_files;
    struct audit audit;
    struct lack_watch lack;
    struct problem_memory problems;     /* since when each has been */
    uint64_t denied;                    /* requests over the control socket by users who may not make them */
    uint32_t reload_ticket;             /* of the last reload asked for over the control socket */
    void (*on_reloaded)(void *ctx, uint32_t ticket); /* who waits for it; NULL: nobody */
    void *on_reloaded_ctx;
    struct mono_ns problems_due;        /* when to look again; the first time it is an occasion by itself, */
    bool looked;                        /* then others are waited for */
    struct io_datagram datagram;
};

/* What the one whose place it takes has saved: before it has no files to read any more. */
void core_read_memory(struct core_world *w);

/* Returns 0 or -UE_MEMORY. The first page is published before it returns. */
int core_start(struct core *c, struct loop *loop, struct core_world *world);

/* The clean end: memory saved, the system clock left as it was disciplined, sockets closed. */
void core_stop(struct core *c);

/* Look at the files of leap seconds again, now. */
void core_reread(struct core *c);

/* Another generation of options is in force: sources, limits, keys and log go by it from now on. */
void core_take_set(struct core *c, uint32_t generation);

/* An operator's word: other sources, for one of them or ("") all, a step of the system clock (engine_step_refusal). */
void core_change_sources(struct core *c, const struct engine_options *o);
void core_tell_source(struct core *c, enum engine_source_act act, const char *name);
void core_step(struct core *c);
void core_log_level(struct core *c, enum log_topic topic, enum log_level level); /* of this process and the parent */

/* Somebody wants a reload. Returns its ticket, which on_reloaded gets; 0 when it cannot be asked for. */
uint32_t core_ask_reload(struct core *c);

/* A reload is over; its report is in the sets. The files of leap seconds are looked at again, as with SIGHUP. */
void core_reloaded(struct core *c, uint32_t ticket);

/* A picture for the control socket, with what only the daemon knows. */
void core_snapshot(struct core *c, struct snapshot *out);

#endif
