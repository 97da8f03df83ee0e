/* What time is it, and how sure is that?
 *
 *     cc utc_now.c $(pkg-config --cflags --libs utc) -o utc_now && ./utc_now
 *
 * A page elsewhere than in the usual places is given as the first argument. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <utc/utc.h>

static void print_instant(const char *what, int64_t ns)
{
    time_t second = (time_t)(ns / 1000000000);
    char text[32];

    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime(&second));
    printf("%-9s %s.%09" PRId64 "Z\n", what, text, ns % 1000000000);
}

int main(int argc, char **argv)
{
    struct utc_leap_info leap;
    struct utc_time now;
    struct utc *utc;
    int err = utc_open(&utc, argc > 1 ? argv[1] : NULL);

    if (err == 0)
        err = utc_now(utc, &now);
    if (err == 0)
        err = utc_leap_seconds(utc, &leap);
    if (err < 0) {
        fprintf(stderr, "no time from the daemon: %s\n", utc_error_text(err));
        return 1;
    }
    print_instant("earliest", now.earliest_ns);
    print_instant("best", now.best_ns);
    print_instant("latest", now.latest_ns);
    printf("%-9s %s\n", "status", utc_status_text(now.status));
    printf("%-9s %d s\n", "TAI-UTC", leap.tai_minus_utc_s);
    utc_close(utc);
    return now.usable ? 0 : 2;
}
