/* The command line of utcctl as a struct: pure, no printing, no global state. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/time.h"

enum command { COMMAND_HELP, COMMAND_STATUS, COMMAND_SOURCES, COMMAND_CLOCK, COMMAND_QUERY, COMMAND_WAIT_SYNC, COMMAND_SIM, COMMAND_ACL,
               COMMAND_CLIENTS, COMMAND_VERSION, COMMAND_RELOAD, COMMAND_BURST, COMMAND_LOG, COMMAND_STEP, COMMAND_EXPLAIN, COMMAND_DOCTOR, COMMAND_TOP,
               COMMAND_COMPLETION, COMMAND_COUNT };

#define ARGS_HOST_MAX 256
#define ARGS_COUNT_MAX 100
#define ARGS_CLIENTS 10         /* clients: count where none is given */
#define ARGS_WORDS_MAX 64
#define ARGS_QUESTION_MAX 256
#define ARGS_SEEDS_MAX 1000
#define ARGS_ERROR_MAX 320

struct args {
    enum command command;
    bool json;
    bool help;                      /* --help: the command is not to be done; parsed, it is COMMAND_HELP */
    const char *about;              /* help: of that command; NULL: of all. Borrowed */
    const char *socket;             /* NULL: where a daemon keeps it; borrowed from argv */
    char host[ARGS_HOST_MAX];       /* query */
    uint16_t port;                  /* query; 0 = the protocol's own */
    int protocol;                   /* query; enum utc_protocol */
    int family;                     /* query; enum utc_family */
    int count;                      /* query, clients; 1 .. ARGS_COUNT_MAX */
    struct dur_ns timeout;          /* query: of each question, 0 = the default; wait-sync: 0 = for ever */
    struct dur_ns max_error;        /* wait-sync: 0 = any */
    struct net_addr address;        /* acl */
    const char *service;            /* acl: "ntp" ... */
    struct net_addr listener;       /* acl; ADDR_NONE: every one */
    char interface[ADDR_INTERFACE_MAX]; /* of the listener */
    const char *word[ARGS_WORDS_MAX]; /* what follows the command; sim: stories; borrowed from argv */
    unsigned word_count;
    bool yes;                       /* step: it is meant */
    char question[ARGS_QUESTION_MAX]; /* sim: "" or what is asked of the running daemon */
    bool print_story;               /* sim */
    int seeds;                      /* sim: how many runs answer a question; 1 .. ARGS_SEEDS_MAX */
    int64_t seed;                   /* sim: of stories; -1: each its own */
    const char *svg;                /* sim: where one story's picture goes; NULL: beside, by its name */
    char error[ARGS_ERROR_MAX];     /* a sentence for the user, printable */
};

/* Returns 0, or -UE_SYNTAX with error set. No command at all is an error. */
int args_parse(int argc, const char *const *argv, struct args *out);

/* "name", "name:123", "192.0.2.1:123", "[::1]", "[::1]:123", "::1", "fe80::1%eth0" into host (without brackets) and port (0 when there is none).
 * Returns 0, or -UE_SYNTAX or -UE_RANGE. */
int args_host_port(const char *text, char host[ARGS_HOST_MAX], uint16_t *port);

/* The options of the command line by number, for completion: name, whether a value follows, for which commands (bits); false when there is none. */
bool args_option(size_t i, const char **name, bool *takes_value, unsigned *commands);

/* The words that may follow a command, separated by spaces; "" where anything may, or nothing. */
const char *args_command_words(enum command c);

/* "wait-sync" ... */
const char *args_command_name(enum command c);

#endif
