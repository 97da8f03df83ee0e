/* Syslog servers that get what is logged here, RFC 5424: by datagrams (RFC 5426), or by a stream with counted messages (RFC 6587 section 3.4.1).
 *
 * Nothing ever waits for them: what cannot be sent at once is left out. A stream that broke is made anew at the earliest after 10 s. */
#ifndef DAEMON_LOG_REMOTE_H
#define DAEMON_LOG_REMOTE_H

#include "base/log.h"
#include "base/option.h"

#define LOG_MESSAGE_MAX 2048 /* RFC 5424 section 6.1: receivers should take that much */

struct log_remote { struct net_addr at; bool stream; int fd; bool any; struct mono_ns tried; };

/* Opens a socket to it; a stream's connection is made while others go on. */
void log_remote_open(struct log_remote *r, const struct net_addr *at, bool stream);

/* In a child: a stream of its own; two writers would mix their messages. */
void log_remote_reopen(struct log_remote *r);

/* One whole message. */
void log_remote_send(struct log_remote *r, const char *message, size_t len, struct mono_ns now);

#endif
