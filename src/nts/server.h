/* The NTP side of an NTS server (RFC 8915 section 5.7): a request is opened by its cookie, and the answer sealed with fresh cookies, one for the cookie used
 * and one for each placeholder, so that it is never longer than the request. Stateless. */
#ifndef NTS_SERVER_H
#define NTS_SERVER_H

#include "nts/cookie.h"
#include "nts/field.h"

/* Of one request, until its answer has left. */
struct nts_session {
    struct span unique_id;       /* borrowed from the request; empty: the request was none of NTS */
    struct nts_keys keys;
    size_t request_len;
    unsigned cookies;            /* owed */
    struct nts_fields fields;    /* borrowed likewise */
    uint8_t first[NTS_FIELD_HEADER + NTS_COOKIE_MAX]; /* of them, as the field that is to be sealed */
};

/* The first half of nts_server_open, as far as the cookie goes: VERDICT_ANSWERED says that nts_server_finish has to judge the rest. */
enum verdict nts_server_begin(const struct nts_ring *ring, const struct rng *rng, struct span request, struct span extensions, struct nts_session *out);

/* The other half, and nts_server_seal if it is good, at once for less. Returns VERDICT_ANSWERED with the new length, VERDICT_NTS_FIELDS or VERDICT_NTS_NAK as
 * nts_server_open, or VERDICT_AMPLIFY when the answer cannot be made. `answer` is then of no use. */
enum verdict nts_server_finish(const struct nts_ring *ring, const struct nts_session *session, const struct rng *rng, uint8_t *answer, size_t size,
                               size_t *len);

/* Open a request whose fields nts_is_meant. Returns VERDICT_ANSWERED; VERDICT_NTS_FIELDS or VERDICT_NTS_NOT_READY for silence; VERDICT_NTS_NAK when its
 * cookie or authenticator is not good: to be told by a kiss NTSN with the unique identifier. */
enum verdict nts_server_open(const struct nts_ring *ring, const struct rng *rng, struct span request, struct span extensions, struct nts_session *out);

/* Append what makes the answer, a header at `answer`, one of NTS. size: room there. Returns the new length, or 0 when it cannot be made. */
size_t nts_server_seal(const struct nts_ring *ring, const struct nts_session *session, const struct rng *rng, uint8_t *answer, size_t size);

/* The same for a kiss NTSN: the unique identifier alone. */
size_t nts_server_nak(const struct nts_session *session, uint8_t *answer, size_t size);

#endif
