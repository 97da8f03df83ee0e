/* Writes log records: sentences for people, JSON lines or logfmt; to standard error, the journal (in its native protocol, or where its socket is not to be
 * had by priority prefix) or syslog, and to syslog servers besides.
 *
 * At most one line a second of each event, notices excepted; what was left out is counted in the next line of that event. A log that cannot be written
 * (full disk, closed pipe, a full one) costs nothing but the lines. One logger per process; children inherit it by fork. */
#ifndef DAEMON_LOGGER_H
#define DAEMON_LOGGER_H

#include "base/log.h"
#include "daemon/options.h"

/* Before this, sentences go to standard error. */
void logger_start(const struct log_options *options);

/* Descriptors that a role has to keep to log; -1 for those that are not there. */
#define LOGGER_DESCRIPTORS_MAX (1 + OPTION_LIST_MAX)
size_t logger_descriptors(int out[LOGGER_DESCRIPTORS_MAX]);

/* In a child that keeps none of them: their numbers may mean something else soon. */
void logger_forget(void);

/* From now on, until the next logger_start: the least important events of the topic to log; LOG_TOPICS stands for all of them. */
void logger_set_level(enum log_topic topic, enum log_level level);

/* Called with the instant, because limits need one and the clock is the caller's. */
void logger_write(const struct log_record *r, struct mono_ns now);

/* A sentence of our own: the event TEXT. */
__attribute__((format(printf, 1, 2))) void logger_say(const char *format, ...);

/* What a process called `role` has to do without after sandbox_enter (host/sandbox.h); nothing where nothing is confined. */
void logger_say_missing(const char *role, unsigned missing);

/* Where the lines end, for tests: the logger writes to this descriptor from now on. */
void logger_to(int fd);

/* In a child that is about to close all that it does not keep: the next line opens the system's syslog anew, and streams to syslog servers are its own. */
void logger_reopen(void);

#endif
