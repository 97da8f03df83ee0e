/* How often a bound that libutc tells is false: random days of the simulator, read through utc_now and utc_now_checked themselves.
 *
 *   storm's day --> engine --page--> a page file, as the daemon writes it --> utc_open, utc_now --> is the truth between earliest and latest?
 *                                                    '--- the machine's clocks are the simulated ones: clock_gettime is replaced when this is linked
 *
 *     libutc-hours SEED DAYS     days by the seeds SEED, SEED + 1, ...; a line for each false bound, and from time to time how much was done */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench/tool.h"
#include "io/machine.h"
#include "sim/storm.h"
#include "sim/world.h"
#include "utc/utc.h"

#define TELL_EVERY 500 /* days */

static struct page *page;
static struct page_data published;
static struct utc *utc;
static struct mono_ns raw;
static struct dur_ns slept;
static uint64_t seed, reads, usable, wrong;

/* -- the machine's clocks ------------------------------------------------------------------------------------------------ */

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
    int64_t ns = raw.ns + (id == CLOCK_BOOTTIME ? slept.ns : 0);

    if (id != CLOCK_MONOTONIC_RAW && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME)
        return __real_clock_gettime(id, ts);
    *ts = (struct timespec){ ns / NS_PER_S, ns % NS_PER_S };
    return 0;
}

/* -- reading ------------------------------------------------------------------------------------------------------------ */

static void judge(const struct sim_reading *r, int (*read)(struct utc *, struct utc_time *), const char *name)
{
    struct utc_time t;

    reads++;
    if (read(utc, &t) != 0) {
        wrong++;
        printf("seed %" PRIu64 ": %s says nothing\n", seed, name);
        return;
    }
    usable += t.usable != 0;
    if (!t.usable || (t.earliest_ns <= r->truth.ns && r->truth.ns <= t.latest_ns))
        return;
    wrong++;
    printf("seed %" PRIu64 ": %s is false: earliest - true %+" PRId64 " ns, latest - true %+" PRId64 " ns\n", seed, name, t.earliest_ns - r->truth.ns,
           t.latest_ns - r->truth.ns);
}

static void on_probe(void *ctx, struct sim_world *w, bool regular)
{
    (void)ctx;
    (void)regular;
    for (unsigned i = 0; i < w->node_count; i++) {
        const struct sim_client *c = &w->node[i].c;

        if (!w->node[i].client || c->asleep || !c->last.published)
            continue;
        if (memcmp(&published, &c->page, sizeof published) != 0) {
            published = c->page;
            page_publish(page, &published);
        }
        raw = c->last.raw;
        slept = c->slept;
        judge(&c->last, utc_now, "utc_now");
        judge(&c->last, utc_now_checked, "utc_now_checked");
    }
}

/* -- days ----------------------------------------------------------------------------------------------------------------- */

static void run_day(void)
{
    struct story_error error;
    struct sim_world *w;
    struct story s;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        tool_refuse("no memory");
    storm_write(f, seed, 0);
    fclose(f);
    if (story_parse(&s, "storm", text, &error) != 0)
        tool_refuse(error.text);
    w = world_new(&s, s.seed, NULL);
    w->probe = on_probe;
    world_run(w);
    world_free(w);
    story_free(&s);
    free(text);
}

static void tell(uint64_t days)
{
    printf("%" PRIu64 " days, %" PRIu64 " hours, %" PRIu64 " readings, usable %.1f %%, %.0f s of processor time: %" PRIu64 " false\n", days, days * 24, reads,
           100.0 * (double)usable / (double)(reads ? reads : 1), (double)clock() / CLOCKS_PER_SEC, wrong);
    fflush(stdout);
}

static void open_page(void)
{
    char path[] = "/tmp/libutc_hours.XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0 || ftruncate(fd, sizeof *page) != 0)
        tool_refuse("no file for a page");
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED)
        tool_refuse("no memory");
    page_init(page, io_boot());
    if (utc_open(&utc, path) != 0)
        tool_refuse("libutc does not open the page");
    unlink(path);
}

int main(int argc, char **argv)
{
    uint64_t days = argc == 3 ? strtoull(argv[2], NULL, 0) : 0;

    if (days == 0)
        tool_refuse("usage: libutc-hours SEED DAYS");
    seed = strtoull(argv[1], NULL, 0);
    open_page();
    for (uint64_t day = 1; day <= days; day++, seed++) {
        run_day();
        if (day % TELL_EVERY == 0 || day == days)
            tell(day);
    }
    return wrong ? 1 : 0;
}
