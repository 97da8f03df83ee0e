/* What the functions of libutc cost beside one clock_gettime(CLOCK_REALTIME): rounds of calls in turn, so that whatever else the machine does hits all alike.
 *
 *     libutc PAGE ROUNDS CALLS     prints a line for each round: nanoseconds a call of clock_gettime, utc_now, utc_now_checked, utc_stamp, utc_after
 *     libutc PAGE calls N          opens the page, then calls utc_now N times and nothing else, for strace and callgrind */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/tool.h"
#include "utc/utc.h"

static struct utc *utc;
static volatile int64_t sink;

static void read_realtime(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    sink = ts.tv_nsec;
}

static void must(int err)
{
    if (err < 0)
        tool_refuse(utc_error_text(err));
}

static void read_now(void)
{
    struct utc_time t;

    must(utc_now(utc, &t));
    sink = t.earliest_ns;
}

static void read_checked(void)
{
    struct utc_time t;

    must(utc_now_checked(utc, &t));
    sink = t.earliest_ns;
}

static void read_stamp(void)
{
    struct utc_time t;

    must(utc_stamp(utc, &t));
    sink = t.best_ns;
}

static void read_after(void) { must(utc_after(utc, sink)); }

static void (*const kind[])(void) = { read_realtime, read_now, read_checked, read_stamp, read_after };
#define KINDS (sizeof kind / sizeof kind[0])

static double each_ns(void (*call)(void), long calls)
{
    int64_t begin = tool_clock(CLOCK_MONOTONIC);

    for (long i = 0; i < calls; i++)
        call();
    return (double)(tool_clock(CLOCK_MONOTONIC) - begin) / (double)calls;
}

int main(int argc, char **argv)
{
    long rounds, calls;

    if (argc != 4)
        tool_refuse("usage: libutc PAGE ROUNDS|calls CALLS");
    must(utc_open(&utc, argv[1]));
    rounds = strtol(argv[2], NULL, 10);
    calls = strtol(argv[3], NULL, 10);
    if (strcmp(argv[2], "calls") == 0)
        for (long i = 0; i < calls; i++)
            read_now();
    for (long r = 0; r < rounds; r++)
        for (size_t k = 0; k < KINDS; k++)
            printf("%.3f%c", each_ns(kind[k], calls), k + 1 < KINDS ? ' ' : '\n');
    utc_close(utc);
    return 0;
}
