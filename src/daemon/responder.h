/* ntp.xdp: the responder inside the kernel, as the daemon sees it (xdp/mirror.h says what it does).
 *
 *   parent, at the start:  simple-utcd-xdp loads and attaches it --> maps, mapped here; links, held by the parent alone
 *   parent:  writes where it answers, at the start and whenever an address of this machine changes
 *   core:    writes what time it is, at each change of the page and each second
 *   serve:   shares its guard with it
 *
 * Where anything of this is not to be had, the sockets answer everything, and one sentence says why. */
#ifndef DAEMON_RESPONDER_H
#define DAEMON_RESPONDER_H

#include "daemon/listeners.h"
#include "daemon/loop.h"
#include "observe/snapshot.h"
#include "xdp/loaded.h"
#include "xdp/mirror.h"

struct responder {
    bool wanted;                    /* ntp.xdp is not off */
    struct xdp_loaded loaded;
    int link[XDP_INTERFACES_MAX];
    unsigned links;                 /* held */
    struct xdp_mirror *mirror;      /* NULL: there is no responder */
    struct serve_stats *stats;      /* a row for each CPU */
    struct guard *clients;          /* zeroed memory for the one guard; NULL: none is needed */
    unsigned left_out;              /* addresses without a place, of the last count */
    const struct listeners *listeners;
    uint32_t *gone;                 /* shared: bit i, interface[i] was taken away since */
};

/* guarded: requests go through a guard. Fills *r, whatever comes of it. */
void responder_start(struct responder *r, const struct ntp_options *o, bool guarded);

/* From now on requests are answered at the listeners that f follows, where their sockets are open. Of the parent, or the one process. gone: shared. */
struct follow;
void responder_follow(struct responder *r, struct follow *f, uint32_t *gone);

/* Listeners may be others now: as after a change of addresses. */
void responder_rewrite(struct responder *r);

/* In a child: the links are the parent's, so that nothing is answered once that is gone. */
void responder_leave(struct responder *r);

/* In a child that is not core: it cannot tell the responder the time. */
void responder_forget(struct responder *r);

/* The page, from now on for two seconds at most. Returns when to write it again. */
struct mono_ns responder_write(const struct responder *r, const struct serve_options *o, const struct page_data *page, double system_rate_ppm);

/* One sentence per interface: on, or why not; or one for all. */
void responder_tell(const struct responder *r);
void responder_picture(const struct responder *r, uint32_t gone, struct snapshot *out);

#endif
