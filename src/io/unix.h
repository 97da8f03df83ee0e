/* UNIX sockets, for the control protocol, roles and reference clocks: descriptors only. */
#ifndef IO_UNIX_H
#define IO_UNIX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bind `path` (a stale socket there is removed; anything else is left alone: -UE_IN_USE), mode, listen. Returns the descriptor or -UE_...;
 * -UE_UNSUPPORTED where there are no UNIX sockets, -UE_RANGE for a path that does not fit. */
int io_unix_listen(const char *path, unsigned mode);

/* The same for whole messages (SOCK_SEQPACKET), and the other side of it: a descriptor that waits, or -UE_.... */
int io_unix_listen_packets(const char *path, unsigned mode);
int io_unix_connect_packets(const char *path);

/* The same for datagrams, which anybody with a right to write the file may send. Returns the descriptor or -UE_.... */
int io_unix_bind(const char *path, unsigned mode);

/* One of them, at most `size` bytes of it. Never waits. Returns its length, which may be larger, or -1: there is none. */
ssize_t io_unix_receive(int fd, void *bytes, size_t size);

/* Returns a non-blocking descriptor, 0 for none, -UE_FULL when no descriptor is left. */
int io_unix_accept(int listener);

/* Is whoever connected root, or that user? */
bool io_unix_peer_is(int fd, uid_t user);

/* Who connected, for a log. False where the system does not tell. */
bool io_unix_peer(int fd, uid_t *user, pid_t *process);

/* Has the other side of a pair ended its way to us, or gone? Who was ended so is told of it for ever. */
bool io_unix_is_over(int fd);

/* Is whoever connected a member of that group, as it was when he connected? */
bool io_unix_peer_is_in(int fd, gid_t group);

/* Over a connected pair (SOCK_SEQPACKET): a message with a descriptor of ours, or none (fd -1). Never waits. Returns 0 or -UE_.... */
int io_unix_send_fd(int socket, const void *bytes, size_t len, int fd);

/* Without a descriptor, by the one call that a process of few may make (host/sandbox.def). Never waits; false: it was not taken. */
bool io_unix_say(int socket, const void *bytes, size_t len);

/* What waits there. Returns 1 with *fd ours from now on (-1: none came), or 0 for nothing that is `len` bytes long. */
int io_unix_receive_fd(int socket, void *bytes, size_t len, int *fd);

/* The same with several, in their order; wait: until something comes, or the other side is gone. -UE_VERSION for what comes and has another length. */
#define IO_UNIX_FDS_MAX 64
int io_unix_send_fds(int socket, const void *bytes, size_t len, const int fd[], unsigned count);
int io_unix_receive_fds(int socket, void *bytes, size_t len, int fd[IO_UNIX_FDS_MAX], unsigned *count, bool wait);

/* A datagram to a UNIX socket, path or abstract name "@..." (as sd_notify does). Returns 0 or -UE_.... */
int io_unix_datagram(const char *to, const char *text);

#endif
