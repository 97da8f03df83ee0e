/* The event queue of the simulator: a binary heap ordered by instant, and by order of insertion among equals, so that one seed
 * replays one run. Simulation time is true TAI. */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stddef.h>

#include "base/addr.h"
#include "base/time.h"

enum sim_kind {
    SIM_STATEMENT, /* a line of the story is due; number: its index */
    SIM_PROBE,     /* look at every client; number: 1 = one of the regular series */
    SIM_WAKE,      /* a client's deadline; number: the client's wake counter when it was set */
    SIM_PACKET,    /* a datagram arrives at `node` */
    SIM_SENT,      /* a transmit stamp is ready; number: exchange */
    SIM_UNSENT,    /* a request was refused; number: exchange */
    SIM_NAMES,     /* a name was looked up; number: configured source */
    SIM_PAIR,      /* the system clock is read */
    SIM_RESUME,    /* a suspended client wakes up */
    SIM_REVIVE,    /* another core takes the place of one that died */
    SIM_RESULT,    /* what came of a clock command; number: error */
    SIM_REFERENCE, /* the reference clock `from` is about to say something */
    SIM_KIND_COUNT
};

#define SIM_PACKET_MAX 64
enum { SIM_REQUEST, SIM_ANSWER };  /* `number` of a SIM_PACKET */

struct sim_event {
    struct tai_ns at;
    uint64_t order;       /* set by sim_queue_push */
    uint8_t kind;         /* enum sim_kind */
    uint8_t len;          /* of bytes */
    uint16_t node, from;  /* indexes of nodes */
    uint16_t from_port;
    uint32_t number;
    uint32_t exchange;    /* of a client's request and its answer; a command's number */
    uint8_t bytes[SIM_PACKET_MAX];
};

struct sim_queue { struct sim_event *heap; size_t count, room; uint64_t order; };

/* Queues own memory until sim_queue_free. Out of memory ends the program. */
void sim_queue_free(struct sim_queue *q);
void sim_queue_push(struct sim_queue *q, const struct sim_event *e);
/* The earliest event, removed. Returns false when the queue is empty. */
bool sim_queue_pop(struct sim_queue *q, struct sim_event *out);

#endif
