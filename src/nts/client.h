/* The NTP side of an NTS client (RFC 8915 section 5.7): a request uses a cookie up and asks for as many as are missing; an authentic answer brings them.
 *
 *          key establishment ----> READY --cookies used up, or NTSN--> wants a new key establishment
 *
 * A forged packet changes nothing: nts_client_open only reads, nts_client_accept takes what it found once the answer was believed. */
#ifndef NTS_CLIENT_H
#define NTS_CLIENT_H

#include "nts/record.h"

struct nts_client {
    struct nts_keys keys;
    bool refused;                /* the server knows our cookies no more */
    unsigned cookie_count;
    uint16_t cookie_size;
    uint8_t cookie[NTS_COOKIES_MAX][NTS_COOKIE_KEPT_MAX];
    bool asked;                  /* unique_id is that of a request without an answer */
    uint8_t unique_id[NTS_UNIQUE_ID_MIN];
};

/* Cookies of one answer. */
struct nts_fresh { unsigned count; uint8_t cookie[NTS_COOKIES_MAX][NTS_COOKIE_KEPT_MAX]; };

/* Without keys, not ready. */
void nts_client_init(struct nts_client *c);

/* A key establishment has succeeded. */
void nts_client_take(struct nts_client *c, const struct nts_keys *keys, const struct nts_ke_grant *grant);

/* May a request be made? */
static inline bool nts_client_is_ready(const struct nts_client *c) { return !c->refused && c->cookie_count > 0; }

/* Append to the header at `packet` what makes it a request of NTS; it has room for NTP_PACKET_MAX bytes. Only when ready. Returns the length. */
size_t nts_client_seal(struct nts_client *c, const struct rng *rng, uint8_t packet[NTP_PACKET_MAX]);

/* Judge an answer that ntp_packet_check accepted: VERDICT_ACCEPTED with its cookies in *fresh, VERDICT_NTS_NAK for NTSN to our request,
 * VERDICT_UNAUTHENTICATED when it is none of NTS or not the answer to our request, VERDICT_NTS_FIELDS, or VERDICT_MAC_WRONG. */
enum verdict nts_client_open(const struct nts_client *c, struct span answer, struct nts_fresh *fresh);

/* The answer was believed. */
void nts_client_accept(struct nts_client *c, const struct nts_fresh *fresh);

/* The answer to our request was NTSN: its cookies are gone (section 5.7). */
static inline void nts_client_refuse(struct nts_client *c) { c->refused = true; }

#endif
