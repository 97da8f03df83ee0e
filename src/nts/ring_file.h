/* The ring of cookie keys as the content of a file, so that cookies outlive a restart of the daemon. Pure; what reads and writes the file is ke/ring_keep.h.
 *
 *   "utcdring" | newest (4) | when it turned, ns of UTC since 1970 (8) | { number (4) | key (32) } for each row | SHA-1 of all that (20)       all big-endian
 *
 * The digest is there to notice a file cut short or damaged: whoever can write the file knows the keys. */
#ifndef NTS_RING_FILE_H
#define NTS_RING_FILE_H

#include "nts/cookie.h"

#define NTS_RING_FILE_SIZE (8 + 4 + 8 + NTS_RING_KEYS * (4 + NTS_RING_KEY_SIZE) + 20)

/* out: NTS_RING_FILE_SIZE bytes, a secret then. */
void nts_ring_to_file(const struct nts_ring *ring, int64_t turned_ns, uint8_t *out);

/* Into a ring that has no key yet. Returns NULL, or what is wrong with the bytes; the ring then still has no key. */
const char *nts_ring_from_file(struct span bytes, struct nts_ring *ring, int64_t *turned_ns);

#endif
