/* The system's own syslog: one datagram a line to /dev/log, as syslog(3) writes it, but never waited for. A daemon of syslog that does not read would else stop
 * whoever has something to say: the clock's keeper, or the parent.
 *
 * Standards: RFC 3164 section 4.1 (the line), with local time as syslog(3) has it. */
#ifndef DAEMON_LOG_SYSTEM_H
#define DAEMON_LOG_SYSTEM_H

#include <stdbool.h>

#include "base/time.h"

#define LOG_SYSTEM_PATH "/dev/log"

struct log_system {
    const char *path;
    int fd;                     /* -1: opened with the next line */
    bool stream;                /* some listen to streams */
};

/* Opens nothing yet. Reads the time zone, which a confined role cannot. */
void log_system_start(struct log_system *s, const char *path);

/* From now on the descriptor is somebody else's, or closed: the next line opens another. */
void log_system_forget(struct log_system *s);

/* What cannot be taken at once is lost. severity: of RFC 5424 section 6.2.1. */
void log_system_say(struct log_system *s, int severity, const char *text, struct utc_ns at);

#endif
