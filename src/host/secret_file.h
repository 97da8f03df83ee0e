/* A file with a secret in it. */
#ifndef HOST_SECRET_FILE_H
#define HOST_SECRET_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Reads a file only if nobody else could have written or read it: a regular file of ours or root's that nobody else may change and its group alone may read, by
 * way of no symbolic link, and in no directory where others may put another in its place. At most size - 1 bytes. Returns NULL, or what is wrong with it in
 * words; *len is how much is in out, to be wiped by the caller in either case. */
const char *host_secret_file_read(const char *path, uint8_t *out, size_t size, size_t *len);

/* Replaces the file by one with these bytes and mode 0600: written beside it, made durable and renamed over, so that whoever reads sees a whole old or a
 * whole new one. Only where host_secret_file_read would read it. Returns NULL, or what went wrong in words; the old file is then as it was. */
const char *host_secret_file_write(const char *path, const uint8_t *bytes, size_t len);

#endif
