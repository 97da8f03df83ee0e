/* What is in force, where every process can see it change: memory made before the first fork, which the parent writes and the others can only read.
 *
 *   generation 0: what fork inherited (struct setup)      generation g > 0: copy[g % 2]
 *
 * The parent fills the copy that is not in force, checks it whole, and then raises `generation`. A serve process says in shared_state which generation it
 * answers by, for as long as it does, so that no copy is written to that is still read. Untouched pages cost nothing: without a reload this is one page. */
#ifndef DAEMON_CONFIG_SET_H
#define DAEMON_CONFIG_SET_H

#include "conf/compare.h"
#include "daemon/clock_role.h"
#include "daemon/listeners.h"
#include "daemon/options.h"
#include "observe/snapshot.h"
#include "serve/serve.h"

#define RELOAD_TEXT_MAX SNAPSHOT_ANSWER_MAX
#define GROUP_NONE ((gid_t)-1)

/* How the last reload went. */
struct reload_report {
    uint32_t count;                     /* reloads so far; 0: none */
    uint32_t ticket;                    /* of the last question (struct reload_word) it answers */
    bool refused;
    bool certificate_refused;           /* whatever came of the configuration: what lies in nts.certificate and the like is not used */
    char text[RELOAD_TEXT_MAX];         /* lines for a person: what has changed, what takes a restart, or every error */
    char reason[PROBLEM_DETAIL_MAX];    /* refused: the first error */
    struct conf_changes changes;
};

struct config_set {
    struct daemon_options options;
    struct serve_options serve;
    struct listeners listeners;         /* descriptors are the parent's: of no use to others */
    gid_t operators;                    /* of control.operators; GROUP_NONE */
    struct key_table keys;              /* of keys.file; options.key_table is NULL or here */
};

struct config_sets {
    uint32_t generation;
    struct clock_limits limits;         /* in force now */
    struct reload_report report;
    struct config_set copy[2];
};

/* What core and the parent say to each other. */
struct reload_word {
    enum reload_kind {
        RELOAD_ASK,                     /* core: somebody wants a reload */
        RELOAD_COMMIT,                  /* parent: a new generation is in force */
        RELOAD_TAKEN,                   /* core: it goes by it */
        RELOAD_DONE,                    /* parent: see the report */
        RELOAD_LEVEL,                   /* core: the level of the log, which an operator changed */
        RELOAD_ALIVE                    /* parent: a question for a sign of life; core: the answer */
    } kind;
    uint32_t number;                    /* ASK, DONE: a ticket; COMMIT, TAKEN: a generation; LEVEL: topic << 8, level; ALIVE: of the question */
};

/* The number of the group `name`; "" is GROUP_NONE. False when there is none of that name. Asks the system's databases, which may take a while. */
bool config_group(const char *name, gid_t *out);

/* `fd` as for shared_new. NULL when there is no memory. */
struct config_sets *config_sets_new(int *fd);

/* The copy of a generation > 0. */
static inline struct config_set *config_set_of(struct config_sets *s, uint32_t generation) { return &s->copy[generation % 2]; }

#endif
