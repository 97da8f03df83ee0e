/* hardware_timestamps: the cards' own stamps, placed on CLOCK_MONOTONIC_RAW.
 *
 *   parent, with its rights:  asks the drivers, opens the cards' clocks
 *   core:   reads each clock every second and beside its own stamps, draws its line, publishes it --> struct hardware_lines
 *   serve:  may neither open nor ask anything; places its arrivals by the published lines
 *
 * A stamp is believed only where it lies closely before the kernel's own (or the time of the read): otherwise that one stands. */
#ifndef DAEMON_HARDWARE_H
#define DAEMON_HARDWARE_H

#include "base/option.h"
#include "host/phc.h"
#include "io/nic.h"
#include "io/udp.h"
#include "observe/snapshot.h"

#define HARDWARE_CARDS_MAX OPTION_LIST_MAX

/* What placing takes: plain data. A latch as in base/page.h, the low bit of `generation` names the readable copy; 0: nothing yet. Core writes. */
struct hardware_line { uint32_t ifindex, link_mbps; struct phc_fit fit; };
struct hardware_lines {
    struct { uint32_t generation; struct hardware_line copy[2]; } card[HARDWARE_CARDS_MAX];
};

struct hardware_card {
    char name[NIC_NAME_MAX];
    const char *why_not;        /* NULL: it stamps */
    struct nic nic;
    struct phc phc;
    struct phc_line line;
    struct mono_ns read_at;     /* of the newest reading */
    bool read_failed;           /* told once until it works again */
};

struct hardware {
    unsigned count;
    struct hardware_card card[HARDWARE_CARDS_MAX];
    struct hardware_lines *lines;   /* borrowed; where they are published */
    struct mono_ns next;            /* when hardware_read_all is due; MONO_NEVER without a card that stamps */
};

/* Switch the named cards' stamps on and open their clocks, as far as each has any. *lines stays zeroed. */
void hardware_start(struct hardware *h, const struct option_texts *names, struct hardware_lines *lines);

/* Does any card stamp? And the lines if so, else NULL. */
bool hardware_on(const struct hardware *h);
const struct hardware_lines *hardware_lines_used(const struct hardware *h);

/* One sentence per card: on, or why not. */
void hardware_tell(const struct hardware *h);
void hardware_picture(const struct hardware *h, struct snapshot *out);

/* Read every clock. Sets next. */
void hardware_read_all(struct hardware *h, struct mono_ns now);

/* Read the clock behind this stamp, unless that was done a moment ago. */
void hardware_refresh(struct hardware *h, const struct io_hardware_stamp *s, struct mono_ns now);

/* The stamp as an instant of ours. `by`: what the kernel or the read itself says, never earlier than the true instant. Cards stamp the beginning of a frame,
 * an arrival is its end: the frame's length is added where the speed of the link is known (RFC 5905 section 3, as servers with software stamps do).
 * *error: how far off the line may be. Returns false, *at and *error untouched, when there is no stamp, no line for its card, or it makes no sense. */
enum hardware_way { HARDWARE_LEFT, HARDWARE_ARRIVED };
bool hardware_place(const struct hardware_lines *l, const struct io_hardware_stamp *s, enum hardware_way way, struct mono_ns by, struct mono_ns *at,
                    struct dur_ns *error);

/* The same for a datagram: rx and stamp become the card's where it can be placed. */
void hardware_arrival(const struct hardware_lines *l, struct io_datagram *d, struct dur_ns *error);

#endif
