/* The service manager's protocol (sd_notify(3)): one datagram per word to $NOTIFY_SOCKET. Without that variable every call does nothing. */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include "base/time.h"

/* "READY=1", "STATUS=...", "STOPPING=1", "WATCHDOG=1" */
void notify(const char *words);

/* How often WATCHDOG=1 is due: half of $WATCHDOG_USEC when it is meant for this process; 0: not wanted. */
struct dur_ns notify_watchdog_interval(void);

#endif
