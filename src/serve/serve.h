/* The one door for answers: workers, the XDP fallback, fuzz targets and the simulator call only this.
 *
 *   datagram -> destination and source checks -> guard -> protocol -> count
 *
 * A smearing listener answers with the page's time plus the smear of ntp.smear: bound, receive and reference time move along, and no leap second is
 * announced, because there is none on it.
 *
 * No state of its own but the caller's counters, guard and memory of interleaved mode. */
#ifndef SERVE_H
#define SERVE_H

#include "base/addr.h"
#include "base/page.h"
#include "base/verdict.h"
#include "base/wire.h"
#include "guard/guard.h"
#include "keys/keys.h"
#include "ntp/options.h"
#include "ntp/server.h"
#include "nts/server.h"
#include "serve/interleave.h"
#include "timeproto/options.h"

enum service { SERVICE_NTP, SERVICE_TIME, SERVICE_DAYTIME, SERVICE_COUNT };

const char *service_name(enum service s); /* "NTP", "TIME", "DAYTIME" */

/* From UDP services that answer whatever they get: an answer sent there would come back as the next request, for ever (CVE-2009-3563). 0 is no port. */
static inline bool serve_would_loop(enum service s, uint16_t port)
{
    switch (port) {
    case 0: case 7: case 13: case 17: case 19: case 37: case 53: return true;
    default: return port == NTP_PORT && s != SERVICE_NTP;
    }
}

struct serve_options {
    struct ntp_options ntp;
    struct timeproto_options timeproto;
    struct guard *guard;    /* borrowed, shared with every other worker; NULL: everybody is answered */
    const struct key_table *keys; /* borrowed; NULL: no key is known */
    const struct nts_ring *nts; /* likewise; NULL: NTS is not served, and its fields are fields that nobody knows */
    const struct rng *rng;  /* for NTS; NULL without */
    struct interleave *interleave; /* likewise; NULL: NTP in basic mode only */
};

struct serve_stats { uint64_t requests[SERVICE_COUNT], verdict[SERVICE_COUNT][VERDICT_COUNT]; };

struct serve_request {
    enum service service;
    struct span bytes;
    struct net_addr from;   /* source, untrusted */
    struct net_addr to;     /* the local address it was sent to, with our port; ADDR_NONE when unknown */
    struct mono_ns rx, tx;  /* arrival; expected departure */
    bool smeared;           /* NTP: came to a smearing listener */
    const struct guard_expected *expected; /* by guard_expect; NULL: it was not asked */
    uint8_t list;           /* which of the guard's access lists holds at the listener (guard_list_at) */
};

#define SERVE_ANSWER_MAX 1024

/* What all answers of one batch share: the clock when they leave, and the NTP header that says so. */
struct serve_moment {
    const struct page_data *page;   /* borrowed */
    struct mono_ns tx;
    bool smeared;
    struct clock_view view;
    struct ntp_prepared ntp;
    struct ntp_ts64 stamp;          /* view.utc */
    uint64_t units_per_ns;          /* 2^-30 timestamp units: the served clock's pace of late, as far back as a request may have waited; 0: no such line */
};

/* tx: expected departure; smeared: NTP, of a smearing listener. */
void serve_prepare(const struct serve_options *o, const struct page_data *page, struct mono_ns tx, bool smeared, struct serve_moment *out);

/* A request's answer. */
struct serve_answer {
    uint8_t *out;                   /* room for SERVE_ANSWER_MAX bytes, borrowed */
    size_t len;                     /* 0, and nothing is to be sent, unless VERDICT_ANSWERED, _DENY_KISS, _RATE_KISS or _NTS_NAK */
    enum service service;
    enum verdict verdict;
    bool waits;                     /* serve_finish has the last word ... */
    struct crypto_mac_exchange codes; /* ... by these, which take less time together with another's */
};

/* One UDP request of the batch; r->tx and r->smeared are those of the moment. a->out is given, the rest is filled; the request's bytes and the answer's a->len
 * bytes stay as they are until serve_finish. Returns a->waits. */
bool serve_begin(const struct serve_options *o, const struct serve_moment *m, const struct serve_request *r, struct serve_stats *stats, struct serve_answer *a);

/* All that wait of the n that were begun: the codes by keys of one kind are made two requests at a time. */
void serve_finish(struct serve_answer a[], unsigned n, struct serve_stats *stats);

/* Does this answer to r need the kernel's word on when it left? */
static inline bool serve_wants_stamp(const struct serve_options *o, const struct serve_request *r, const uint8_t *answer)
{
    return o->interleave && r->service == SERVICE_NTP && r->bytes.len >= NTP_HEADER_SIZE && ntp_server_is_interleaved(r->bytes.at)
        && answer[NTP_AT_STRATUM] != 0;
}

/* The kernel's word: `answer`, as it was sent to `to` from a listener with or without smear, left at tx. Anything else than such an answer is ignored. */
void serve_left(const struct serve_options *o, const struct page_data *page, bool smeared, const struct net_addr *to, struct span answer, struct mono_ns tx);

/* All three for a single one. *out_len: as in struct serve_answer. */
enum verdict serve_datagram(const struct serve_options *o, const struct page_data *page, const struct serve_request *r, struct serve_stats *stats,
                            uint8_t out[SERVE_ANSWER_MAX], size_t *out_len);

/* One TCP connection was accepted: all that will be sent on it before it is closed. r: who (from), for what (service), when (tx), at which access list,
 * which holds for it as well. */
enum verdict serve_stream(const struct serve_options *o, const struct page_data *page, const struct serve_request *r, struct serve_stats *stats,
                          uint8_t out[SERVE_ANSWER_MAX], size_t *out_len);

#endif
