/* UNIX stream sockets for the control protocol: descriptors only. */
#ifndef IO_UNIX_H
#define IO_UNIX_H

#include <stdbool.h>
#include <stddef.h>

/* Bind `path` (a stale socket there is removed; anything else is left alone: -UE_IN_USE), mode, listen. Returns the descriptor or -UE_...;
 * -UE_UNSUPPORTED where there are no UNIX sockets, -UE_RANGE for a path that does not fit. */
int io_unix_listen(const char *path, unsigned mode);

/* Returns a non-blocking descriptor, 0 for none, -UE_FULL when no descriptor is left. */
int io_unix_accept(int listener);

/* Is whoever connected root, or the user this process runs as? */
bool io_unix_peer_is_ours(int fd);

/* A datagram to a UNIX socket, path or abstract name "@..." (as sd_notify does). Returns 0 or -UE_.... */
int io_unix_datagram(const char *to, const char *text);

#endif
