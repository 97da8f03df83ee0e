/* Hashes behind one face; nettle does the work.
 *
 * MD5 and SHA-1 are used only where a format fixes them for a non-secret label: the reference id of an IPv6 server (RFC 5905 section 7.3), the check line of
 * leap-seconds.list. */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#define CRYPTO_MD5_SIZE 16

#define CRYPTO_SHA1_SIZE 20

/* out: the digest of len bytes at data. Does not fail. */
void crypto_md5(const void *data, size_t len, uint8_t out[CRYPTO_MD5_SIZE]);
void crypto_sha1(const void *data, size_t len, uint8_t out[CRYPTO_SHA1_SIZE]);

#endif
