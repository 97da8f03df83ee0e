/* What the responder inside the kernel (program.c) knows: one struct xdp_mirror in memory that it shares with the daemon.
 *
 *   core:    a moment, whenever the clock's rate changes and each second at least -->
 *   parent:  the places, whenever an address of this machine comes or goes        -->  struct xdp_mirror --> program, at every packet
 *
 * A moment is a piece of the clock page as straight lines over CLOCK_BOOTTIME, which the kernel's programs can read, and which unlike CLOCK_MONOTONIC goes
 * on while the machine sleeps. It ends where the page's lines bend (a slew's end, a leap second, a change of status), and after XDP_MOMENT_MAX_NS in any
 * case: with the daemon dead, or the machine just awake, the program knows nothing and leaves the packet to the sockets.
 *
 * Four copies; `generation` picks the one that holds. */
#ifndef XDP_MIRROR_H
#define XDP_MIRROR_H

#include "serve/serve.h"

#define XDP_MOMENT_MAX_NS (2 * NS_PER_S)
#define XDP_MOMENTS 4
#define XDP_PLACES_MAX 32
#define XDP_RATE_SHIFT 30
#define XDP_GROWTH_SHIFT 16
#define XDP_DISPERSION_SHIFT 32     /* xdp_moment.dispersion to RFC 5905's short format */

struct xdp_moment {
    uint64_t from_ns;               /* CLOCK_BOOTTIME */
    uint64_t valid_ns;              /* for so long; 0: nothing is known */
    int64_t raw_minus_boot_ns;      /* for the guard, which counts in CLOCK_MONOTONIC_RAW */
    uint64_t utc;                   /* an ntp_ts64, at from_ns */
    uint64_t rate;                  /* its units a nanosecond, 2^-XDP_RATE_SHIFT */
    uint64_t dispersion;            /* root dispersion at from_ns, 2^-48 s */
    int64_t growth;                 /* of it: 2^-48 s a nanosecond, 2^-XDP_GROWTH_SHIFT */
    uint64_t is_usable;             /* not LI 3: services that cannot say so may answer */
    struct ntp_prepared ntp;        /* without the two that change: root dispersion, transmit timestamp */
};

/* Where requests are answered: one address of one interface. */
struct xdp_place {
    uint64_t high, low;             /* the address in network byte order, as it lies in memory; an IPv4 one as ::ffff:a.b.c.d */
    uint32_t ifindex;               /* 0: no more places */
    uint16_t port;
    uint8_t service;                /* enum service */
    uint8_t list;                   /* of the guard's access lists, that which holds there */
    uint8_t mac[6];
    uint8_t traffic_class;          /* of the answers: the DSCP and two zero bits */
    uint8_t pad;
};

struct xdp_mirror {
    uint32_t generation;
    uint32_t pad;
    struct xdp_moment moment[XDP_MOMENTS];
    struct xdp_place place[XDP_PLACES_MAX];
};

/* Both clocks at one instant, and how fast CLOCK_BOOTTIME runs beside CLOCK_MONOTONIC_RAW: s/s, 0 for alike. */
struct xdp_clocks { struct mono_ns raw; int64_t boot_ns; double boot_rate; };

/* The page from c->raw on. Returns the last instant for which that holds (the next moment is due before it), *out with valid_ns 0 where nothing can be
 * said. */
struct mono_ns xdp_moment_make(const struct serve_options *o, const struct page_data *page, const struct xdp_clocks *c, struct xdp_moment *out);

/* Makes it the moment that holds. */
void xdp_moment_publish(struct xdp_mirror *m, const struct xdp_moment *moment);

/* A listener: its address, which may be the unspecified one, and port. */
struct xdp_listener {
    struct net_addr at;
    uint32_t ifindex;               /* of the one interface it is bound to; 0: all */
    enum service service;
    uint8_t list, traffic_class;    /* as in struct xdp_place */
};

/* Writes the places where NTP and TIME listeners meet local addresses given. Returns how many there were no room for. */
unsigned xdp_places_publish(struct xdp_mirror *m, const struct xdp_listener *listener, unsigned listeners, const struct local_addr *local, unsigned locals);

#endif
