/* Small TCP services that say one thing and close: TIME and DAYTIME. Bytes and descriptors, no protocol.
 *
 * The answer is written at accept (it always fits in a socket buffer) and the connection closed. Where the client has sent something, closing at once would
 * reset it and could cost it the answer: only our side is shut, and the connection stays until the client closes its own or TCP_LINGER_MS passed. The table
 * of those is bounded; when it is full the oldest connection is cut, so rude clients cannot lock others out. */
#ifndef IO_TCP_H
#define IO_TCP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/time.h"

#define TCP_CONNECTIONS_MAX 64
#define TCP_LINGER_MS 2000

struct tcp_connection { int fd; struct mono_ns cut_at; };

struct tcp_table { unsigned count; struct tcp_connection item[TCP_CONNECTIONS_MAX]; };

/* A bound and listening socket, or -UE_...; interface as in io_bind. */
int io_tcp_listen(const struct net_addr *at, const char *interface);

/* The same for a socket that somebody else has bound and that listens. Returns it. */
int io_tcp_adopt(int fd);

/* One waiting connection, and who it is from; flags: 0 or SOCK_NONBLOCK. Returns its descriptor, 0 for none, -UE_FULL when no descriptor is left (back off),
 * other -UE_... */
int io_tcp_accept(int listener, struct net_addr *from, int flags);

/* An empty table. */
void io_tcp_init(struct tcp_table *t);

/* Write what is to be said (len 0: nothing) and close. Takes fd over. Returns true when the connection is kept in the table, because the client spoke. */
bool io_tcp_say(struct tcp_table *t, int fd, const void *bytes, size_t len, struct mono_ns now);

/* The descriptor became readable: what came is thrown away; the end closes it. Returns true when it was closed. */
bool io_tcp_drain(struct tcp_table *t, int fd);

/* Close what is overdue. Returns the next deadline. */
struct mono_ns io_tcp_expire(struct tcp_table *t, struct mono_ns now);

#endif
