/* What every mover needs: sockets that survive stingy systems, addresses, error numbers.
 *
 * SOCK_CLOEXEC is asked for and done without where the system refuses it; sockets are never made non-blocking, each call says MSG_DONTWAIT. */
#ifndef IO_SOCKET_H
#define IO_SOCKET_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/addr.h"

union io_sockaddr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Returns the length of *out, 0 for ADDR_NONE. */
socklen_t io_sockaddr_from(const struct net_addr *a, union io_sockaddr *out);
/* ADDR_NONE for any other family. */
struct net_addr io_addr_from(const union io_sockaddr *s);
/* The same, in place. */
void io_addr_read(const union io_sockaddr *s, struct net_addr *out);

/* A close-on-exec socket of AF_xxx and SOCK_xxx. Returns the descriptor or -UE_...; -UE_UNSUPPORTED when the system has no such family. */
int io_socket(int family, int type);

/* As recvmsg(2), by the call that batches use: the role that answers may make no other. */
ssize_t io_receive_one(int fd, struct msghdr *m, int flags);

/* -UE_... of an errno. Never 0. */
int io_error(int system_error);

/* io_socket, its options for a listener, bind; shared: beside sockets that let others share their place. A loopback or wildcard IPv6 address that does not
 * exist means that IPv6 is switched off: -UE_UNSUPPORTED, as where there is no IPv6 at all. Otherwise -UE_IN_USE, -UE_NO_ADDRESS, -UE_PERMISSION ...
 * interface: what arrives at it alone, and at it alone answers leave; for a VRF's, at its members. "": all. -UE_NO_ADDRESS when it is not there. */
int io_bind(const struct net_addr *at, const char *interface, int type, bool shared);

#endif
