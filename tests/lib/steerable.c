/* Preloaded into a program: it may set the system clock, which stays as it is. Each step is a line of the file $STEPPED, in nanoseconds; where that is not
 * given the right is lost between the question for it and the step. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

static int note(const struct timex *t)
{
    const char *path = getenv("STEPPED");
    FILE *file = path ? fopen(path, "a") : NULL;

    if (!file) {
        errno = EPERM;
        return -1;
    }
    fprintf(file, "%lld\n", (long long)t->time.tv_sec * 1000000000 + t->time.tv_usec); /* ADJ_NANO */
    fclose(file);
    return 0;
}

int clock_adjtime(clockid_t id, struct timex *t)
{
    if (t->modes & ADJ_SETOFFSET)
        return note(t);
    return t->modes ? 0 : (int)syscall(SYS_clock_adjtime, id, t);
}
