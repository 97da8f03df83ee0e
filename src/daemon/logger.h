/* Writes log records: sentences for people, or JSON lines; to standard error, the journal (by priority prefix) or syslog.
 *
 * At most one line a second of each event, notices excepted; what was left out is counted in the next line of that event. A log that cannot be written
 * (full disk, closed pipe) costs nothing but the lines. One logger per process; children inherit it by fork. */
#ifndef DAEMON_LOGGER_H
#define DAEMON_LOGGER_H

#include "base/log.h"
#include "daemon/options.h"

/* Before this, sentences go to standard error. */
void logger_start(const struct log_options *options);

/* From now on, until the next logger_start: the least important events to log. */
void logger_set_level(enum log_level level);

/* Called with the instant, because limits need one and the clock is the caller's. */
void logger_write(const struct log_record *r, struct mono_ns now);

/* A sentence of our own: the event TEXT. */
__attribute__((format(printf, 1, 2))) void logger_say(const char *format, ...);

/* Where the lines end, for tests: the logger writes to this descriptor from now on. */
void logger_to(int fd);

/* In a child: give back the descriptor that the C library keeps for syslog; the next line opens one anew. */
void logger_reopen(void);

#endif
