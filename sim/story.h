/* The story language: one statement a line, meant to be read aloud. docs/simulator.md is its manual; the tables of grammar.c and expect.c
 * are its grammar. A story is parsed whole before anything runs, so a mistake is told with line, column and the nearest known word. */
#ifndef SIM_STORY_H
#define SIM_STORY_H

#include <stdio.h>

#include "base/time.h"
#include "sim/expect.h"

#define STORY_NODES_MAX 32
#define STORY_NAME_MAX 32
#define STORY_WORD_MAX 64
#define STORY_NAME_LEN 48

/* What a statement does. */
enum deed {
    DEED_SEED, DEED_START, DEED_RUN, DEED_PROBE, DEED_LEAP_SECOND, DEED_SERVER, DEED_CLIENT,
    DEED_LINK, DEED_LINK_ONE_WAY, DEED_SOURCE, DEED_POOL, DEED_REFERENCE, DEED_FORGETS, DEED_RESOLVES, DEED_SET, DEED_EXCUSE,
    /* servers */
    DEED_LIES, DEED_DRIFTS, DEED_SILENT, DEED_ANSWERS, DEED_LOSES_CLOCK, DEED_FINDS_CLOCK, DEED_STRATUM, DEED_LEAP, DEED_ROOT_DELAY,
    DEED_ROOT_DISPERSION,
    DEED_REFID_OF, DEED_KISSES, DEED_TAMPERS, DEED_FORGES, DEED_SMEARS, DEED_LEAVES_LATE,
    /* clients */
    DEED_SUSPENDS, DEED_STEPS, DEED_FREQUENCY, DEED_RETUNED, DEED_RAW_JUMPS, DEED_LEAP_FILE, DEED_OLD_LEAP_FILE,
    DEED_MOVES, DEED_CORE_DIES, DEED_RELOADS, DEED_RESTARTS, DEED_RESTARTS_AFRESH, DEED_OFFLINE, DEED_ONLINE, DEED_REFUSES_COMMANDS, DEED_OBEYS_COMMANDS,
    DEED_NETWORK_REFUSES, DEED_NETWORK_WORKS,
};

/* Named values after a statement's head; durations in ns, ratios in s/s. */
enum attribute {
    ATTR_DRIFT, ATTR_WANDER, ATTR_WITHIN, ATTR_OFFSET, ATTR_TEMPERATURE, ATTR_PERIOD, ATTR_NOISE, ATTR_STEER, ATTR_USER_STAMPS, ATTR_HARDWARE_STAMPS,
    ATTR_KNOWS, ATTR_TO, ATTR_STRATUM, ATTR_ERROR, ATTR_ROOT_DELAY,
    ATTR_DELAY, ATTR_EXPONENTIAL, ATTR_GAUSSIAN, ATTR_HEAVY, ATTR_UNIFORM, ATTR_NO_JITTER, ATTR_CONGESTED, ATTR_LOSS, ATTR_DUPLICATE, ATTR_REORDER, ATTR_BY,
    ATTR_POLL_MIN, ATTR_POLL_MAX, ATTR_PREFER, ATTR_BURST, ATTR_NO_BURST, ATTR_MEMBERS, ATTR_INTERLEAVED, ATTR_NOT_INTERLEAVED,
    ATTR_SMEAR_LINEAR, ATTR_SMEAR_COSINE, ATTR_SMEAR_UTC_SLS, ATTR_KEY, ATTR_EVERY,
    ATTR_COUNT
};

struct attributes { uint64_t given; double value[ATTR_COUNT]; };

static inline bool attr_given(const struct attributes *a, enum attribute k) { return a->given >> k & 1; }

struct statement {
    int line;
    enum deed deed;
    struct dur_ns at;               /* after the start; 0 for what holds from the start */
    uint64_t who, whom;             /* sets of nodes, bit = index */
    double x;                       /* the statement's number: duration in ns, ratio, integer, index of a choice */
    struct utc_ns date;
    char word[2][STORY_WORD_MAX];
    struct attributes attr;
};

struct story {
    char name[STORY_NAME_LEN];
    uint64_t seed;
    struct utc_ns start;
    struct dur_ns run, probe;
    unsigned node_count;
    struct { char name[STORY_NAME_MAX]; bool client; } node[STORY_NODES_MAX];
    size_t statement_count, expectation_count, mutant_count;
    struct statement *statement;    /* in order of the file */
    struct statement *mutant;       /* each alone must make the story fail */
    struct expectation *expectation;
};

struct story_error { int line, column; char text[240]; };

/* text is NUL-terminated. Returns 0, or -UE_SYNTAX with *error filled. story_free in any case. */
int story_parse(struct story *s, const char *name, const char *text, struct story_error *error);
void story_free(struct story *s);

/* Choices of `X announces leap C`, `X smears C`, `X tampers C`, `excuse X C`: NULL-terminated. */
extern const char *const story_leaps[];
extern const char *const story_smears[];
extern const char *const story_tampers[];
extern const char *const story_invariants[];

enum tamper {
    TAMPER_NOTHING, TAMPER_ORIGIN, TAMPER_ORIGIN_ZERO, TAMPER_RECEIVE_ZERO, TAMPER_TRANSMIT_ZERO, TAMPER_BACKWARDS, TAMPER_SHORT, TAMPER_VERSION,
    TAMPER_MODE, TAMPER_ALARM, TAMPER_STRATUM_0, TAMPER_STRATUM_16, TAMPER_STRATUM_255, TAMPER_KISS_DENY, TAMPER_KISS_RATE, TAMPER_KISS_UNKNOWN,
    TAMPER_KISS_STRATUM, TAMPER_PORT,
    TAMPER_TWICE, TAMPER_LATE, TAMPER_BITS, TAMPER_COUNT
};

enum invariant { INVARIANT_BOUND, INVARIANT_FORWARD, INVARIANT_USABLE, INVARIANT_COUNT };

#endif
