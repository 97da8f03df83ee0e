/* The control protocol between utcctl and the daemon: typed, versioned, bounded frames on a UNIX stream socket.
 *
 *   frame    magic u32 | version u16 | verb u16 | length u32 (of the whole frame, these 12 bytes included) | body      all big-endian
 *   request  VERSION: no body    SNAPSHOT: sections u32, a set of 1 << enum control_section
 *            CLIENTS: count u16  ACCESS: address, service (text), listener (address, interface; family 0: every one)
 *            RELOAD, STEP: no body  SOURCE: act u8, text (a source's name, or as an item of `sources`)  LOG_LEVEL: topic (text), level (text)
 *   answer   the request's verb | CONTROL_ANSWER, body: result u16, then sections { id u16 | length u32 | fields }
 *
 * Fields go out one by one in a fixed order and only ever grow at the end: a reader skips what it does not know and leaves at zero what an older
 * writer did not send. Counters travel with their label, because numbers of verdicts may differ between versions.
 *
 * A stream rather than seqpacket: every system that has UNIX sockets has it (seqpacket is missing on macOS and Windows), and an answer may be longer
 * than a socket buffer. The daemon's side is incremental: bytes may come one at a time, and a frame that can never become valid closes the connection
 * at its header, before anything is kept for it.
 *
 * Pure: the daemon owns the sockets, gives each connection a deadline, and calls control_input and control_answer. */
#ifndef OBSERVE_CONTROL_H
#define OBSERVE_CONTROL_H

#include "base/wire.h"
#include "observe/snapshot.h"

#define CONTROL_MAGIC UINT32_C(0x55544343) /* "UTCC" */
#define CONTROL_VERSION 1u
#define CONTROL_HEADER_SIZE 12u
#define CONTROL_REQUEST_MAX 256u           /* header included */
#define CONTROL_ANSWER_MAX (16384u + 2048u * SNAPSHOT_SOURCES_MAX) /* header included; a full snapshot always fits */
#define CONTROL_TEXT_MAX 200
#define CONTROL_ANSWER 0x8000u             /* flag in an answer's verb */

enum control_verb { CONTROL_VERB_VERSION = 1, CONTROL_VERB_SNAPSHOT = 2, CONTROL_VERB_CLIENTS = 3, CONTROL_VERB_ACCESS = 4,
                    CONTROL_VERB_RELOAD = 5,    /* the configuration is read anew; answered when it is in force, or refused */
                    CONTROL_VERB_SOURCE = 6,    /* one of enum control_source_act */
                    CONTROL_VERB_LOG_LEVEL = 7,
                    CONTROL_VERB_STEP = 8,      /* the system clock is put by a step to where it is being slewed to */
                    CONTROL_VERBS };

enum control_source_act { CONTROL_SOURCE_ADD, CONTROL_SOURCE_REMOVE, CONTROL_SOURCE_ONLINE, CONTROL_SOURCE_OFFLINE, CONTROL_SOURCE_BURST, CONTROL_SOURCE_ACTS };

enum control_section {
    CONTROL_SECTION_DAEMON = 1,
    CONTROL_SECTION_PAGE = 2,
    CONTROL_SECTION_SOURCE = 3, /* once per source */
    CONTROL_SECTION_SERVICE = 4, /* once per service */
    CONTROL_SECTION_CARD = 5,   /* once per network card that shall stamp */
    CONTROL_SECTION_CLIENTS = 6, /* these answer the verbs of their name, no SNAPSHOT */
    CONTROL_SECTION_CLIENT = 7, /* once per client */
    CONTROL_SECTION_ACCESS = 8, /* once per access list */
    CONTROL_SECTION_XDP = 9,    /* once per interface of ntp.xdp_interfaces */
    CONTROL_SECTION_TEXT = 11,  /* what came of a verb that changes something: lines for a person, once per piece */
    CONTROL_SECTION_PROBLEM = 10, /* once per problem, by its id: numbers may differ between versions */
    CONTROL_SECTION_HISTOGRAM = 13, /* once per enum snapshot_histogram */
    CONTROL_SECTION_PROCESS = 14 /* once per role */
};
#define CONTROL_SECTIONS_ALL UINT32_C(0xffffffff)

enum control_result {
    CONTROL_OK,
    CONTROL_FOREIGN_VERSION, /* the header of the answer says which one is spoken */
    CONTROL_UNKNOWN_VERB,
    CONTROL_MALFORMED,       /* the body is not what the verb asks for */
    CONTROL_DENIED,          /* the caller's user may not use this verb */
    CONTROL_REFUSED          /* what was asked for is not done; the text says why */
};
const char *control_result_text(enum control_result r); /* a sentence; never NULL, whatever r */

struct control_request {
    uint16_t version;
    uint16_t verb;           /* enum control_verb, or anything a stranger sent */
    uint32_t sections;
    uint16_t clients;        /* CLIENTS: how many at most */
    struct net_addr from;    /* ACCESS */
    char service[SNAPSHOT_SERVICE_NAME_MAX];
    struct net_addr listener;
    char interface[ADDR_INTERFACE_MAX];
    uint8_t act;             /* SOURCE: enum control_source_act */
    char text[CONTROL_TEXT_MAX]; /* SOURCE; LOG_LEVEL: the topic, "" for all */
    char level[SNAPSHOT_WORD_MAX]; /* LOG_LEVEL */
    bool malformed;
    bool refused;            /* by the daemon: it is not done */
    bool denied;             /* by the daemon: the caller may not ask this */
};

/* The daemon's side: one per connection, zeroed at accept. */
struct control_conn {
    size_t len;
    uint8_t bytes[CONTROL_REQUEST_MAX];
};

enum control_outcome {
    CONTROL_MORE,            /* every byte was taken, the frame is not whole yet */
    CONTROL_REQUEST,         /* *request is filled; answer it, then go on behind *used */
    CONTROL_CLOSE            /* not this protocol, or a length outside 12 .. CONTROL_REQUEST_MAX: close the connection */
};

/* Take bytes in whatever pieces they come. *used: how many were consumed. At most one request per call. */
enum control_outcome control_input(struct control_conn *c, struct span bytes, size_t *used, struct control_request *request);

/* Does this request ask for what only the administrator may know: who the clients are, and whom the list refuses? */
bool control_is_private(const struct control_request *request);

/* Does it change something? Then only who may operate the daemon may ask it. */
bool control_is_change(const struct control_request *request);

/* The answer to one request as a whole frame. size >= CONTROL_ANSWER_MAX; returns its length, never 0. */
size_t control_answer(const struct control_request *request, const struct snapshot *s, uint8_t *out, size_t size);

/* utcctl's side. Writes the frame of a request; size >= CONTROL_REQUEST_MAX. Returns its length. */
size_t control_request_write(const struct control_request *request, uint8_t *out, size_t size);

/* How long the answer that begins with these CONTROL_HEADER_SIZE bytes is: 12 .. CONTROL_ANSWER_MAX, or 0 when it is none of ours. */
size_t control_answer_size(const uint8_t header[CONTROL_HEADER_SIZE]);

/* Read a whole answer. Returns 0 with *result and, when that is CONTROL_OK, the snapshot's sections that were sent (the rest zero);
 * -UE_SYNTAX or -UE_TRUNCATED for a frame that is not well formed. *out holds no bad string, number or count afterwards, whoever sent it. */
int control_answer_read(struct span frame, enum control_result *result, struct snapshot *out);

#endif
