/* The engine's fields. Included by engine/ only. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "base/histogram.h"
#include "base/ring.h"
#include "engine/engine.h"

#define GAP_TOLD_NS NS_PER_S /* of clock_gap: less than that is what clocks differ by */

/* One line of `sources`: how its name becomes addresses. */
struct configured {
    bool numeric;                 /* nothing to look up */
    bool waiting;                 /* a look-up is under way */
    uint8_t failures;             /* look-ups that failed in a row, */
    const char *unresolved;       /* and why the last did; static */
    uint8_t candidate_count;
    struct mono_ns resolve_at;    /* when to look the name up next; MONO_NEVER while waiting or not needed */
    struct net_addr candidate[EVENT_ADDRESSES_MAX]; /* addresses not in use yet */
    bool offline;                 /* an operator's word: it is not asked, and has no vote */
    bool begin;                   /* new: to be started with the next tick that has room */
    bool establishing;            /* NTS: a key establishment is under way */
    uint8_t refusals;             /* NTS: key establishments that failed in a row, */
    char refused[PROBLEM_DETAIL_MAX]; /* and why the last did */
    struct mono_ns establish_at;  /* NTS: when to begin one; MONO_NEVER while under way or not needed */
    struct mono_ns establish_not_before;
    struct nts_validity valid;    /* NTS: of the certificate */
    struct mono_ns established_at; /* NTS: when the keys came */
    uint8_t expiry_told;          /* NTS: enum nts_expiry */
};

/* What a reference clock said since the last poll; of a source that is none, unused. */
#define REFERENCE_SAMPLES 16
struct reference {
    uint8_t count;
    bool refused;                 /* something came that is none */
    struct mono_ns next;          /* when the poll is over */
    struct reference_sample { struct mono_ns at; struct utc_ns utc; struct dur_ns error; uint8_t leap; } sample[REFERENCE_SAMPLES]; /* the newest */
};

/* One server being asked, or one reference clock being listened to: that has the registers of `client` as if it were asked at each poll. */
struct slot {
    bool used;
    bool heard;                   /* answered since it was added or lost */
    uint8_t refused;              /* verdict last logged as unusable, 0 none */
    uint8_t unusable;             /* verdict on what came instead of a usable answer to the last request, 0 none: it answers, that is */
    uint32_t unusable_exchange;   /* which request that was */
    struct mono_ns unanswered_since; /* the first request since the last usable answer, */
    uint64_t unsent_before;       /* and how many could not be sent until then */
    uint8_t useless;              /* polls in a row that made this pool member worth replacing */
    uint8_t name_in_use;          /* which of name[] */
    uint8_t stamp;                /* enum stamp of the last measurement */
    uint16_t configured;
    struct ntp_client client;
    uint32_t own;                 /* our address that its last usable answer came to, as a reference id, where that is nobody else's in the world; 0: none */
    struct reference reference;
    const struct key *key;        /* of the pending request; NULL: the source has none */
    bool unsent;                  /* NTS: the pending request waits for keys */
    uint8_t request[NTP_HEADER_SIZE + NTP_MAC_SIZE_MAX]; /* the pending one, as it was sent */
    char name[2][SNAPSHOT_NAME_MAX]; /* two, so that a record about the member just replaced keeps its name */
};

/* Steering of the system clock. */
struct steering {
    bool on;                      /* false: virtual, nothing is asked of the host */
    bool reading;                 /* ACTION_READ_CLOCK is out */
    bool have_pair;
    bool refused;                 /* the host said no; told once */
    int refused_err;
    double freq_ppm;              /* last asked for */
    double freq_before_ppm;       /* what it was until then */
    struct mono_ns asked_at, obeyed_at; /* between them that came into force */
    uint32_t asked, answered;     /* numbers of the last command, and of the last that has an answer: they are obeyed in order */
    struct mono_ns next;
    struct mono_ns status_next;   /* when the kernel's error estimates are due for a refresh */
    uint8_t status_sent;          /* clock status the kernel was last told of */
    uint8_t leap_sent;            /* enum leap, likewise */
    bool coasting;                /* a leap second is near: hands off */
    struct mono_ns last_raw;      /* last pair, to notice another hand on the clock */
    struct utc_ns last_system;
    struct dur_ns own_step;       /* steps commanded since that pair */
    struct mono_ns settled;       /* a step on its way to the clock has arrived by then */
    struct dur_ns gap;            /* the system clock was known to be so far behind at the start: given to it with the first step */
    bool misplaced;               /* something other than we moved the system clock: it may be put forward by a step */
    struct mono_ns repair_at;     /* not before */
    bool was_moved;               /* a sleep or something other than we moved a clock: for status */
    struct mono_ns moved_at;
    const char *moved_by;
    bool retuned;                 /* by something other than we, or a command may be lost: the frequency has to be said again */
    struct mono_ns retuned_told;
    bool budget_spent;            /* it would have been, were it not for the step budget: it is slewed */
    struct dur_ns error;          /* system minus served at that pair */
};

/* Of a source with NTS; touched by no other. */
struct nts_slot {
    struct nts_client client;
    uint8_t request[NTP_PACKET_MAX]; /* the pending one, as it was sent */
};

RING(outbox, struct action, 96)

struct engine {
    struct engine_options options;
    struct rng rng;
    int8_t precision_log2;
    uint32_t last_exchange;
    struct mono_ns started, now;
    unsigned bootstrap;           /* the clock is dead: so many sources with NTS have to agree; 0: it lives */
    struct mono_ns expiry_at;     /* NTS: when to look at certificates next */
    struct dur_ns asleep;         /* last seen BOOTTIME - MONOTONIC */
    uint64_t steps;               /* of the served line */
    uint64_t system_steps;        /* of the system clock */
    struct configured configured[ENGINE_CONFIGURED_MAX];
    unsigned slots;               /* behind the last one that was ever used: deadlines are asked for with each packet that is served */
    struct slot slot[ENGINE_SOURCES_MAX];
    struct steering steering;
    struct clock clock;
    struct outbox outbox;
    struct histogram offsets, delays; /* of every measurement that clock was given */
    struct nts_slot nts[ENGINE_SOURCES_MAX]; /* last, and made ready when a slot takes it into use: memory that nobody needs stays untouched */
};

/* The outbox. Room for what one input can cause is kept free, so this never drops (asserted). */
#define OUTBOX_ROOM_FOR_ONE 48
struct action *engine_emit(struct engine *e, enum action_kind kind);
struct log_record *engine_log(struct engine *e, enum log_id id);
bool engine_has_room(const struct engine *e);
void engine_clock_actions(struct engine *e, struct clock_actions *a);

static inline const struct source_options *slot_options(const struct engine *e, const struct slot *s) { return &e->options.source[s->configured]; }
static inline uint16_t slot_index(const struct engine *e, const struct slot *s) { return (uint16_t)(s - e->slot); } /* as clock knows it */
static inline bool slot_is_denied(const struct slot *s) { return s->client.state == NTP_CLIENT_STOPPED && s->client.kiss_code != 0; }
static inline bool slot_is_offline(const struct engine *e, const struct slot *s) { return e->configured[s->configured].offline; }
static inline const char *slot_name(const struct slot *s) { return s->name[s->name_in_use]; }
static inline bool options_pool(const struct source_options *o) { return o->pool.s[0] != '\0'; }

/* sources.c: names and slots */
void sources_start(struct engine *e);
void sources_tick(struct engine *e);
struct mono_ns sources_next(const struct engine *e);
void sources_addresses(struct engine *e, const struct event *ev);
void sources_drop(struct engine *e, struct slot *s, enum log_id id, const char *reason); /* not asked any more */
void sources_replace(struct engine *e, struct slot *s, const char *reason);    /* by the next candidate; with none left the name is looked up */
void sources_judge(struct engine *e, struct slot *s);                          /* useless for a whole register of polls: a pool has others */
void sources_settle(struct engine *e, uint16_t configured);                    /* its options may be others: slots and their number follow */
struct slot *sources_slot_of(struct engine *e, uint16_t configured);           /* its first; NULL */
struct slot *sources_put(struct engine *e, uint16_t configured, const struct net_addr *a); /* the one server of the line is at `a`: its slot, or NULL
                                                                                 where another line asks that one: then all stays as it was */

/* exchanges.c: requests and answers of a slot */
void exchanges_tick(struct engine *e);
struct mono_ns exchanges_next(const struct engine *e);
void exchanges_datagram(struct engine *e, const struct event *ev);
void exchanges_sent(struct engine *e, const struct event *ev);
void exchanges_send_failed(struct engine *e, const struct event *ev);
void exchanges_stop(struct engine *e);
void exchanges_hurry(struct engine *e, struct dur_ns slept);                   /* the machine slept, or was moved: ask all that were not asked just now */
void exchanges_send(struct engine *e, struct slot *s, const uint8_t *bytes, size_t len);
void exchanges_close(struct engine *e, uint32_t exchange);
void exchanges_measured(struct engine *e, struct slot *s, struct measurement *m, const struct net_addr *own); /* m goes to the clock. own: ours towards it */
void exchanges_missed(struct engine *e, struct slot *s);                       /* a poll brought nothing; its register has shifted */
bool exchanges_lack_key(const struct engine *e, const struct slot *s);         /* it was not asked, for lack of a key that is good for it now */
const char *exchanges_key_text(enum verdict why);                             /* ... in words */
void exchanges_refused(struct engine *e, struct slot *s, enum verdict v);      /* what came is of no use */
uint32_t exchanges_refid(const struct net_addr *a); /* RFC 5905 section 7.3: the IPv4 address, or the first of the MD5 of the IPv6 one */

/* references.c: reference clocks */
static inline bool slot_is_reference(const struct engine *e, const struct slot *s) { return options_reference(slot_options(e, s)); }
void references_fill(struct engine *e, struct slot *s, struct clock_source_options *so); /* a named slot is one from now on; so: for the clock */
void references_settle(struct engine *e, struct slot *s);                      /* its options may be others */
void references_said(struct engine *e, const struct event *ev);
void references_tick(struct engine *e);
struct mono_ns references_next(const struct engine *e);

/* change.c: another configuration */
void engine_change(struct engine *e, const struct event *ev);

/* operator.c: an operator's word */
const char *sources_kiss_text(const struct slot *s);                            /* what a kiss-o'-death of it means, in words */
void sources_offline(struct engine *e, uint16_t configured, bool offline);      /* an operator took the line out, or back in */
void sources_act(struct engine *e, const struct event *ev);

/* nts.c: key establishment and sealed exchanges */
static inline bool nts_is_wanted(const struct engine *e, const struct slot *s) { return e->options.source[s->configured].nts; }
void nts_start(struct engine *e, uint16_t configured);
void nts_tick(struct engine *e);
struct mono_ns nts_next(const struct engine *e);
void nts_established(struct engine *e, const struct event *ev);
void nts_send(struct engine *e, struct slot *s, const uint8_t packet[NTP_HEADER_SIZE]);
enum verdict nts_judge(struct engine *e, const struct slot *s, struct span datagram, struct nts_fresh *fresh);
void nts_heed(struct engine *e, const struct slot *s, enum verdict authentic, enum verdict v, const struct nts_fresh *fresh);

/* bootstrap.c: the first time of a dead clock */
void bootstrap_start(struct engine *e, struct utc_ns wall);
struct utc_ns bootstrap_passed(const struct engine *e);     /* what certificates are judged by: the time, or one that has passed */
bool bootstrap_refuses(const struct engine *e, const struct slot *s, struct utc_ns told);
void bootstrap_look(struct engine *e);                      /* is it over? */
void bootstrap_demand(struct engine *e);                    /* the options are others */

/* steer.c: the system clock follows the served line */
void steer_start(struct engine *e, bool on);
void steer_wake(struct engine *e);  /* the page changed: follow it now */
void steer_tick(struct engine *e);
struct mono_ns steer_next(const struct engine *e);
void steer_pair(struct engine *e, const struct event *ev);
void steer_moved(struct engine *e, const struct event *ev);
void steer_result(struct engine *e, const struct event *ev);
void steer_step(struct engine *e, struct dur_ns by);
void steer_step_now(struct engine *e, const struct event *ev); /* an operator wants it */
void steer_stop(struct engine *e);

/* leap.c: the system clock around a leap second */
struct leap_wish { struct dur_ns offset; double gain; }; /* system minus served, and how that changes from now, s/s */
struct leap_wish leap_wish(const struct engine *e, const struct clock_view *v);
enum leap leap_for_kernel(const struct engine *e, const struct clock_view *v);
bool leap_coast(struct engine *e);  /* the clock is to be left alone now; sets steering.coasting and .next */
struct mono_ns leap_next(const struct engine *e, struct mono_ns next); /* ... or from when on, if that is before `next` */

#endif
