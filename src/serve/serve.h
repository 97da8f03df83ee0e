/* The one door for answers: workers, the XDP fallback, fuzz targets and the simulator call only this.
 *
 *   datagram -> destination and source checks -> protocol -> count
 *
 * No state of its own but the caller's counters. */
#ifndef SERVE_H
#define SERVE_H

#include "base/addr.h"
#include "base/page.h"
#include "base/verdict.h"
#include "base/wire.h"
#include "ntp/options.h"
#include "timeproto/options.h"

enum service { SERVICE_NTP, SERVICE_TIME, SERVICE_DAYTIME, SERVICE_COUNT };

const char *service_name(enum service s); /* "NTP", "TIME", "DAYTIME" */

struct serve_options { struct ntp_options ntp; struct timeproto_options timeproto; };

struct serve_stats { uint64_t requests[SERVICE_COUNT], verdict[SERVICE_COUNT][VERDICT_COUNT]; };

struct serve_request {
    enum service service;
    struct span bytes;
    struct net_addr from;   /* source, untrusted */
    struct net_addr to;     /* the local address it was sent to, with our port; ADDR_NONE when unknown */
    struct mono_ns rx, tx;  /* arrival; expected departure */
};

#define SERVE_ANSWER_MAX 1024

/* One UDP request. *out_len is 0 unless VERDICT_ANSWERED. */
enum verdict serve_datagram(const struct serve_options *o, const struct page_data *page, const struct serve_request *r, struct serve_stats *stats,
                            uint8_t out[SERVE_ANSWER_MAX], size_t *out_len);

/* One TCP connection was accepted: all that will be sent on it before it is closed. */
enum verdict serve_stream(const struct serve_options *o, const struct page_data *page, enum service s, struct mono_ns now, struct serve_stats *stats,
                          uint8_t out[SERVE_ANSWER_MAX], size_t *out_len);

#endif
