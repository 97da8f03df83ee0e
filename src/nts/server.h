/* The NTP side of an NTS server (RFC 8915 section 5.7): a request is opened by its cookie, and the answer sealed with fresh cookies, one for the cookie used
 * and one for each placeholder, so that it is never longer than the request. Stateless. */
#ifndef NTS_SERVER_H
#define NTS_SERVER_H

#include "nts/cookie.h"
#include "nts/field.h"

/* Of one request, until its answer has left. Borrowed from the request. */
struct nts_session {
    struct span unique_id;       /* empty: the request was none of NTS */
    size_t request_len;
    struct nts_fields fields;
};

/* Take a request apart whose fields nts_is_meant. Returns VERDICT_ANSWERED when it has all that it takes, whether that is good or not; VERDICT_NTS_FIELDS or
 * VERDICT_NTS_NOT_READY for silence. */
enum verdict nts_server_begin(const struct nts_ring *ring, struct span request, struct span extensions, struct nts_session *out);

/* Judge it, and append what makes the answer, a header at `answer`, one of NTS. size: room there. Returns VERDICT_ANSWERED with the new length;
 * VERDICT_NTS_FIELDS for silence; VERDICT_NTS_NAK when cookie or authenticator are not good: to be told by a kiss NTSN with the unique identifier;
 * VERDICT_AMPLIFY when the answer cannot be made. Whatever is at `answer` then is of no use. */
enum verdict nts_server_finish(const struct nts_ring *ring, const struct nts_session *session, const struct rng *rng, uint8_t *answer, size_t size,
                               size_t *len);

/* Append to a kiss NTSN what makes it one of NTS, the unique identifier alone. Returns the new length, or 0 when there is no room. */
size_t nts_server_nak(const struct nts_session *session, uint8_t *answer, size_t size);

#endif
