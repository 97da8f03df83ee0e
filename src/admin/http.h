/* Requests by libmicrohttpd: connections whose head is whole come in, answers of answers.h go out, one a connection. */
#ifndef ADMIN_HTTP_H
#define ADMIN_HTTP_H

#include <microhttpd.h>
#include <sys/socket.h>

#include "admin/answers.h"

struct http {
    const struct answers *answers;
    struct MHD_Daemon *mhd;
    int epoll_fd;                       /* readable: call http_run */
    struct mono_ns now;
    void *handing;                      /* the connection that is being handed over */
    void (*closed)(void *connection);   /* it is over, its descriptor closed */
    char body[BODY_MAX];
};

/* Returns 0 or -UE_MEMORY. */
int http_start(struct http *h, const struct answers *answers, void (*closed)(void *connection));

/* The library takes the descriptor over, whatever comes; `closed` will be called. False: it could not, and has closed it without a call. */
bool http_hand(struct http *h, int fd, const struct sockaddr *from, socklen_t from_len, void *connection);

/* Work that waits. Returns the longest time until it has to be called again, in ms, or -1. */
int http_run(struct http *h, struct mono_ns now);

#endif
