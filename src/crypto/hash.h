/* Hashes behind one face; nettle does the work.
 *
 * MD5 is used only where a standard fixes it for a non-secret label (RFC 5905 section 7.3: the reference id of an IPv6 server). */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#define CRYPTO_MD5_SIZE 16

/* out: the digest of len bytes at data. Does not fail. */
void crypto_md5(const void *data, size_t len, uint8_t out[CRYPTO_MD5_SIZE]);

#endif
