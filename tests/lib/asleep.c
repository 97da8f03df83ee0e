/* Preloaded into a program: the machine has slept as many seconds as the file $ASLEEP has bytes. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *ts)
{
    int r = (int)syscall(SYS_clock_gettime, id, ts);
    const char *path = getenv("ASLEEP");
    struct stat st;

    if (r == 0 && id == CLOCK_BOOTTIME && path && stat(path, &st) == 0)
        ts->tv_sec += st.st_size;
    return r;
}
