/* A stream of random bytes from a seed, without asking the system again: AES-256 in counter mode, whose key is replaced with each block of output, so that what
 * was given cannot be had again from what is left. For a process that may make no system call for it. nettle does the work. */
#ifndef CRYPTO_STREAM_H
#define CRYPTO_STREAM_H

#include <stddef.h>
#include <stdint.h>

#define CRYPTO_STREAM_SEED_SIZE 32
#define CRYPTO_STREAM_BLOCK 1024

struct crypto_stream {
    size_t left;                 /* of block, at its end */
    uint8_t key[CRYPTO_STREAM_SEED_SIZE], block[CRYPTO_STREAM_BLOCK];
};

/* seed: secret and random. */
void crypto_stream_init(struct crypto_stream *s, const uint8_t seed[CRYPTO_STREAM_SEED_SIZE]);

/* The next len bytes; they are not kept. */
void crypto_stream_take(struct crypto_stream *s, void *out, size_t len);

#endif
