/* Requests by libmicrohttpd: connections whose head is whole come in, answers of answers.h go out, one a connection. */
#ifndef ADMIN_HTTP_H
#define ADMIN_HTTP_H

#include <microhttpd.h>
#include <sys/socket.h>

#include "admin/answers.h"

/* What its owner is told of a connection. */
struct http_connections {
    void (*closed)(void *connection);   /* it is over, its descriptor closed */
    void (*streams)(void *connection);  /* it is a stream, and its reader has come to the next frame */
};

/* One event stream: a frame each second, the same to all. Who has not read a frame when the next is there is let go. */
struct http_stream {
    struct http *http;                  /* NULL: a free place */
    struct MHD_Connection *connection;
    void *owner;                        /* the owner's connection */
    bool sleeps;                        /* it has all of the frame */
    uint64_t frame_number;              /* which one it is being sent, */
    size_t at, len;                     /* how far, and its length */
};

struct http {
    const struct answers *answers;
    struct MHD_Daemon *mhd;
    int epoll_fd;                       /* readable: call http_run */
    struct mono_ns now;
    void *handing;                      /* the connection that is being handed over */
    const struct http_connections *connections;
    struct http_stream stream[ADMIN_STREAMS_MAX];
    unsigned streams;
    struct mono_ns framed_at;
    uint64_t frame_number;              /* counts the frames */
    size_t frame_len;
    char frame[BODY_MAX];               /* what streams are being sent */
    char body[BODY_MAX];
};

/* Returns 0 or -UE_MEMORY. */
int http_start(struct http *h, const struct answers *answers, const struct http_connections *connections);

/* The library takes the descriptor over, whatever comes; `closed` will be called. False: it could not, and has closed it without a call. */
bool http_hand(struct http *h, int fd, const struct sockaddr *from, socklen_t from_len, void *connection);

/* Work that waits. Returns the longest time until it has to be called again, in ms, or -1. */
int http_run(struct http *h, struct mono_ns now);

#endif
