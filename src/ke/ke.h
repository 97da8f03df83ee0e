/* Key establishment for NTS as programs of their own (libexec/simple-utcd/simple-utcd-ke), so that TLS is mapped nowhere else: `simple-utcd-ke server` answers
 * clients and turns the ring of cookie keys, `simple-utcd-ke client` asks servers for us.
 *
 *   parent --memory, listeners--> server: TLS 1.3, ALPN ntske/1 --> cookies by the ring --> client ... NTP request to serve, which opens it by the same ring
 *
 * The server's memory is made by the parent and outlives the program: a restart goes on with the same ring.
 * Standards: RFC 8915 section 4, RFC 8446, RFC 7301, RFC 9525. */
#ifndef KE_KE_H
#define KE_KE_H

#include "base/option.h"
#include "host/sandbox.h"
#include "nts/certificate.h"
#include "nts/cookie.h"
#include "nts/options.h"

#define KE_SHARED_FD 3           /* where the server finds its memory */
#define KE_PICTURE_FD 4          /* ... what it tells of itself */
#define KE_LISTEN_FD 5           /* ... and its listeners, one after the other */
#define KE_LISTENERS_MAX (2 * OPTION_LIST_MAX)
#define KE_MAGIC UINT32_C(0x6b65aa01)
#define KE_HANDSHAKE_S 5
#define KE_TOTAL_S 10
#define KE_CONNECTIONS_MAX 1024  /* with one more, the oldest is cut; fewer where there are fewer descriptors */
#define KE_NETWORK_SHARE 64      /* ... of its own network, once that has more than so many of them */

struct ke_stats {
    uint64_t accepted;           /* connections */
    uint64_t granted;            /* ended with cookies */
    uint64_t refused;            /* ended with an error record, or without what we speak */
    uint64_t failed;             /* ended before: no TLS 1.3, no ALPN, too slow, gone */
    uint64_t cut;                /* of those, to take a newer one */
};

/* By the parent, which tells it anew to each program it starts: whoever wrote to the memory before has no say in it. */
struct ke_orders {
    uint32_t magic, listeners;
    uint32_t certified;          /* ... of them, from this one on, are for clients with a certificate */
    struct nts_options options;
    uint16_t ntp_port;           /* to announce */
    bool has_user;               /* become this user once the private key is read */
    uint32_t uid, gid;
};

struct ke_shared {
    struct ke_orders orders;
    int64_t turned_at_ns;        /* when the ring turned last, CLOCK_BOOTTIME */
    struct nts_ring ring;
    struct sandbox_note note;
};

/* What anybody may know; core shows it. Written by the program alone. */
struct ke_picture {
    struct ke_stats stats;
    struct nts_validity valid;   /* of the server's certificate */
    struct nts_validity lists;   /* of the lists of revoked certificates that clients are judged by; until 0: there are none, or they have no end */
    char refused[128];           /* why the pair that lies there now is not used, and the one before is; "" */
    uint32_t looked;             /* how often its files were looked at again, whatever came of it */
    uint32_t missing;            /* what the program has to do without (host/sandbox.h): SANDBOX_NO_... */
    bool not_kept;               /* the ring could not be written to nts.cookie_key_file, */
    bool shut;                   /* because its folder was made after the program was confined, and stays closed to it */
};

/* The server's life; returns the exit code. */
int ke_serve(struct ke_shared *shared, struct ke_picture *picture);

#endif
