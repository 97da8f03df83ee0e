#include "host/wake.h"

#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

/* A timer on CLOCK_REALTIME that never expires is cancelled whenever that clock jumps, as it does at a wake-up (timerfd_create(2)). */
static int arm(int fd)
{
    const struct itimerspec never = { .it_value = { .tv_sec = INT64_C(1) << 33 } };

    return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

int host_wake_open(void)
{
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

    if (fd < 0)
        return -UE_UNSUPPORTED;
    if (arm(fd) == 0)
        return fd;
    close(fd);
    return -UE_UNSUPPORTED;
}

void host_wake_again(int fd)
{
    uint64_t expirations;

    if (read(fd, &expirations, sizeof expirations) < 0) /* ECANCELED, as it should be */
        arm(fd);
}
