/* Commit-wait: two writers on different machines that agree on the order of their commits without ever talking to each other.
 *
 * A commit takes `latest` as its timestamp and is shown to others only when true time is certainly after that. Whoever starts a commit having seen this
 * one then gets a larger timestamp, wherever it runs, as long as both bounds are true.
 *
 *     cc commit_wait.c $(pkg-config --cflags --libs utc) -o commit_wait && ./commit_wait */
#include <inttypes.h>
#include <stdio.h>

#include <utc/utc.h>

#define COMMITS 5
#define PATIENCE_NS INT64_C(10000000000)

static int refuse(int err)
{
    fprintf(stderr, "no commit: %s\n", utc_error_text(err));
    return 1;
}

/* Returns 0 with the commit's timestamp, once everybody may see it. */
static int commit(struct utc *utc, int64_t *timestamp_ns)
{
    struct utc_time now;
    int err = utc_now_checked(utc, &now);

    if (err < 0)
        return err;
    *timestamp_ns = now.latest_ns;
    /* ... the data goes to disk here, while time passes ... */
    return utc_wait_until_after(utc, *timestamp_ns, PATIENCE_NS);
}

int main(int argc, char **argv)
{
    struct utc *utc;
    int err = utc_open(&utc, argc > 1 ? argv[1] : NULL);

    if (err < 0)
        return refuse(err);
    for (int i = 1; i <= COMMITS; i++) {
        struct utc_time before, after;
        int64_t timestamp_ns;

        if ((err = utc_now(utc, &before)) < 0 || (err = commit(utc, &timestamp_ns)) < 0 || (err = utc_now(utc, &after)) < 0)
            return refuse(err);
        printf("commit %d at %" PRId64 ".%09" PRId64 ", visible after %.3f ms\n", i, timestamp_ns / 1000000000, timestamp_ns % 1000000000,
               (double)(after.best_ns - before.best_ns) / 1e6);
    }
    utc_close(utc);
    return 0;
}
