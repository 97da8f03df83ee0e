/* The picture of a running daemon that every face (utcctl, metrics, web, SNMP) renders. Plain data, fixed size, no pointers. */
#ifndef OBSERVE_SNAPSHOT_H
#define OBSERVE_SNAPSHOT_H

#include <stddef.h>

#include "base/addr.h"
#include "base/histogram.h"
#include "base/page.h"
#include "base/verdict.h"
#include "observe/problem.h"

#ifndef SNAPSHOT_SOURCES_MAX
#define SNAPSHOT_SOURCES_MAX 16 /* as many as the engine has; bench/ is built with more, and what depends on it grows along */
#endif
#define SNAPSHOT_NAME_MAX 64
#define SNAPSHOT_SERVICES_MAX 8
#define SNAPSHOT_SERVICE_NAME_MAX 16
#define SNAPSHOT_TEXT_MAX 96
#define SNAPSHOT_CARDS_MAX 16
#define SNAPSHOT_CARD_NAME_MAX 16
#define SNAPSHOT_LEAP_SOURCE_MAX 16
#define SNAPSHOT_WORD_MAX 16

enum source_state { SOURCE_UNUSED, SOURCE_RESOLVING, SOURCE_NEW, SOURCE_UNREACHABLE, SOURCE_FALSETICKER, SOURCE_OUTLIER, SOURCE_SELECTED,
                    SOURCE_REFUSED, SOURCE_OFFLINE, SOURCE_KEYLESS, SOURCE_STATE_COUNT };
/* The state as one word for a person. */
const char *source_state_text(enum source_state s);

/* Words for numbers; never NULL, whatever the number. */
const char *leap_text(enum leap l);   /* "none", "insert", "delete", "unknown" */
const char *stamp_text(enum stamp s); /* "user", "kernel", "hardware" */

/* A reference id as people know it: four letters at stratum 0 and 1 ("GPS", other bytes as \xNN), else the dotted quad. Returns out. */
#define REFID_TEXT_MAX 20
const char *refid_to_text(uint32_t refid, unsigned stratum, char out[REFID_TEXT_MAX]);

/* How far true time can be from the served one: the larger of its two sides. */
struct dur_ns clock_view_bound(const struct clock_view *v);

/* Bytes from outside for a terminal: printable ASCII stays, the rest becomes \xNN. Cut to fit; NUL-terminated. Returns out. */
const char *text_printable(const char *text, char *out, size_t size);

/* What an answer of a source is believed by. */
enum source_auth { SOURCE_AUTH_NONE, SOURCE_AUTH_KEY, SOURCE_AUTH_NTS, SOURCE_AUTH_COUNT };
const char *source_auth_text(enum source_auth a); /* "none", "key", "nts" */

struct snapshot_source {
    char name[SNAPSHOT_NAME_MAX];    /* as configured */
    struct net_addr addr;            /* ADDR_NONE while resolving */
    uint8_t state;                   /* enum source_state */
    uint8_t pool, prefer, reach, stratum, leap, stamp, interleaved; /* stamp, interleaved: of the last measurement */
    int8_t poll_log2, min_poll_log2, max_poll_log2;
    uint32_t refid;
    struct dur_ns offset, delay, jitter, bound; /* offset: reference minus us */
    struct dur_ns delay_floor, delay_excess;    /* learnt: the shortest round trip of late, and how much longer they are on average */
    struct dur_ns root_delay, root_dispersion;
    struct dur_ns last_answer_age;   /* -1 ns: never */
    uint64_t sent, accepted, dropped;
    uint64_t verdict[VERDICT_COUNT];
    uint8_t auth;                    /* enum source_auth */
    uint8_t cookies;                 /* NTS: how many are left */
    uint32_t key_id;                 /* with a key: of the last request, or as configured */
    struct utc_ns certificate_expires; /* NTS: of what proved its name; 0: not known, or no NTS */
};

/* One served protocol, summed over the processes that serve it. */
struct snapshot_service {
    char name[SNAPSHOT_SERVICE_NAME_MAX]; /* "NTP", "TIME", "DAYTIME" */
    uint64_t requests;
    uint64_t verdict[VERDICT_COUNT];
    struct dur_ns ahead;                  /* NTP: what transmit timestamps are put ahead by, because answers leave later; the most of all workers */
};

/* A network card named in hardware_timestamps, or an interface named in ntp.xdp_interfaces. */
struct snapshot_card {
    char name[SNAPSHOT_CARD_NAME_MAX];
    uint8_t on;                      /* its stamps are used; requests are answered there by XDP */
    char text[SNAPSHOT_TEXT_MAX];    /* how, or why not */
};

#define SNAPSHOT_ANSWER_MAX 2048
/* What is counted by how long it took, or how far it was off. */
enum snapshot_histogram { HISTOGRAM_ANSWER, HISTOGRAM_OFFSET, HISTOGRAM_DELAY, HISTOGRAM_COUNT };

/* A process below the parent; those of one role together. */
#define SNAPSHOT_PROCESSES_MAX 8
struct snapshot_process {
    char role[SNAPSHOT_WORD_MAX];
    uint32_t restarts;               /* after deaths, since the parent started */
};

#define SNAPSHOT_CLIENTS_MAX 100
#define SNAPSHOT_PLACES_MAX 8
#define SNAPSHOT_PLACE_MAX 96
#define SNAPSHOT_ORIGIN_MAX 200

/* A prefix that has asked. */
struct snapshot_client {
    struct net_addr net;             /* port 0 */
    uint8_t bits, blocked;
    uint32_t requests, refused;      /* refused: in a row */
    double per_second;               /* of late */
    struct dur_ns last_age;
};

/* The client log: only when it was asked for. */
struct snapshot_clients {
    uint8_t counted;                 /* there is a log */
    uint32_t known;                  /* prefixes in it */
    double ever;                     /* different prefixes there have been, estimated */
    uint32_t count;                  /* of those that follow, most requests first */
    struct snapshot_client client[SNAPSHOT_CLIENTS_MAX];
};

/* What the access list says to one address at the listeners of one service that have the same list: only when it was asked for. */
struct snapshot_access {
    struct net_addr from;
    char service[SNAPSHOT_SERVICE_NAME_MAX], listener[SNAPSHOT_PLACE_MAX]; /* listener: the first of them */
    uint32_t listeners;              /* how many there are */
    char action[SNAPSHOT_WORD_MAX];  /* as in the configuration */
    uint8_t matched;                 /* an item of the list says so; 0: none covers the address */
    uint32_t item;                   /* its index */
    char net[ADDR_TEXT_MAX], place[SNAPSHOT_ORIGIN_MAX]; /* the network that covers the address, and where it is written */
    uint8_t logged;                  /* the address's prefix is in the client log */
    struct snapshot_client client;
};

/* What the configuration permits the clock, so far as it decides what comes of a fault. All zero: told by a daemon that does not say. */
struct snapshot_limits {
    double max_frequency_ppm, max_slew_ppm;
    struct dur_ns step_threshold, panic_threshold;
    uint32_t step_limit;
    uint16_t min_sources;
    uint16_t local_stratum;          /* of the statement `local`; 0: there is none */
    struct dur_ns local_error;
};

struct snapshot {
    char version[SNAPSHOT_NAME_MAX];
    char clock_mode[SNAPSHOT_NAME_MAX];  /* "system" or "virtual" */
    char clock_reason[SNAPSHOT_TEXT_MAX];/* why */
    uint8_t others_hidden;               /* the clock is steered, and who else may steer it cannot be seen from there */
    char hint[SNAPSHOT_TEXT_MAX];        /* why not synchronised, or "" */
    char leap_source[SNAPSHOT_LEAP_SOURCE_MAX]; /* whose word leap seconds are taken on: "list", "zone", "sources", "none" */
    struct utc_ns leap_expires;          /* until when that word is valid; 0: it does not say */
    struct page_data page;
    struct mono_ns now;
    double freq_ppm, skew_ppm;
    double wander;                       /* learnt: what the frequency changes by, s/s per square root of a second */
    double max_drift_ppm, max_drift_silent_ppm;
    struct dur_ns holdover_max_error;    /* holdover ends there */
    struct snapshot_limits limits;
    struct dur_ns uptime;
    uint64_t steps;
    struct dur_ns stepped;               /* all steps after the first synchronisation ever, added up */
    struct dur_ns step_budget;           /* what they may add up to */
    uint64_t control_denied;             /* requests over the control socket by users who may not make them */
    uint64_t answers_unsent;             /* made, and not sent by the system */
    uint64_t connections_put_off;        /* how often one had to wait for want of a descriptor */
    uint32_t reloads;                    /* of the configuration, since the start */
    struct utc_ns certificate_expires;   /* of our NTS server; 0: there is none */
    uint64_t handshakes, handshakes_granted; /* of NTS key establishment: connections, and those that ended with cookies */
    uint32_t source_count;
    struct snapshot_source source[SNAPSHOT_SOURCES_MAX];
    uint32_t service_count;          /* the daemon fills these in: the engine does not serve */
    struct snapshot_service service[SNAPSHOT_SERVICES_MAX];
    struct histogram histogram[HISTOGRAM_COUNT]; /* answers: of requests over sockets, one of each batch; offsets and delays: of what sources measured */
    uint32_t process_count;          /* likewise */
    struct snapshot_process process[SNAPSHOT_PROCESSES_MAX];
    uint32_t card_count;             /* likewise */
    struct snapshot_card card[SNAPSHOT_CARDS_MAX];
    uint32_t xdp_count;              /* likewise */
    struct snapshot_card xdp[SNAPSHOT_CARDS_MAX];
    struct problems problems;        /* likewise: what is wrong now */
    struct snapshot_clients clients;
    char text[SNAPSHOT_ANSWER_MAX];  /* what came of a request that changes something */
    uint32_t access_count;
    struct snapshot_access access[SNAPSHOT_PLACES_MAX];
};

#endif
