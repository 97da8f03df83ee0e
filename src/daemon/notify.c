#include "daemon/notify.h"

#include <stdlib.h>
#include <unistd.h>

#include "io/unix.h"

void notify(const char *words)
{
    const char *socket_name = getenv("NOTIFY_SOCKET");

    if (socket_name)
        io_unix_datagram(socket_name, words);
}

struct dur_ns notify_watchdog_interval(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    long long us = usec ? strtoll(usec, NULL, 10) : 0;

    if (us <= 0 || us > INT64_MAX / NS_PER_US || (pid && strtol(pid, NULL, 10) != getpid()))
        return (struct dur_ns){ 0 };
    return (struct dur_ns){ us * NS_PER_US / 2 };
}
