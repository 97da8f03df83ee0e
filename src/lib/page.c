/* Reading the daemon's clock page. A restarted daemon keeps the file; one that must make a new one marks the old as superseded. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/page.h"
#include "io/socket.h"
#include "io/stamp.h"
#include "lib/page.h"
#include "lib/run_dir.h"
#include "utc/utc.h"

_Static_assert((int)UTC_UNSYNCHRONISED == CLOCK_UNSYNCHRONISED && (int)UTC_SYNCHRONISED == CLOCK_SYNCHRONISED && (int)UTC_HOLDOVER == CLOCK_HOLDOVER &&
                   (int)UTC_FREE_RUNNING == CLOCK_FREE_RUNNING && (int)UTC_DISRUPTED == CLOCK_DISRUPTED && (int)UTC_LOCAL == CLOCK_LOCAL,
               "the public status numbers are those of the page");
_Static_assert((int)UTC_LEAP_INSERT == LEAP_INSERT && (int)UTC_LEAP_DELETE == LEAP_DELETE && (int)UTC_LEAP_UNKNOWN == LEAP_UNKNOWN,
               "the public leap numbers are those of the page");

struct utc {
    const struct page *page;
    char path[];
};

static int map_page(const char *path, const struct page **out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err = 0;
    void *at = MAP_FAILED;

    if (fd < 0)
        return io_error(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct page))
        err = -UE_VERSION;
    else if ((at = mmap(NULL, sizeof(struct page), PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED)
        err = io_error(errno);
    close(fd);
    if (err == 0)
        *out = at;
    return err;
}

static void unmap_page(const struct page *p) { munmap((void *)(uintptr_t)p, sizeof *p); }

static int open_path(struct utc **out, const char *path)
{
    struct page_data d;
    struct utc *u = malloc(sizeof *u + strlen(path) + 1);
    int err = u ? map_page(path, &u->page) : -UE_MEMORY;

    if (err < 0) {
        free(u);
        return err;
    }
    strcpy(u->path, path);
    err = page_read(u->page, &d);
    if (err == -UE_VERSION) {
        utc_close(u);
        return err;
    }
    *out = u;
    return 0;
}

int utc_open(struct utc **out, const char *path)
{
    char found[RUN_PATH_MAX];
    int err = -UE_NO_FILE;

    if (path)
        return open_path(out, path);
    for (unsigned i = 0; i < RUN_DIR_PLACES; i++) {
        int e = run_dir_find(i, RUN_DIR_PAGE, found, sizeof found);

        e = e < 0 ? e : open_path(out, found);
        if (e == 0)
            return 0;
        err = e == -UE_NO_FILE ? err : e;
    }
    return err;
}

static void follow_replaced_page(struct utc *u)
{
    const struct page *fresh;

    if (__atomic_load_n(&u->page->superseded, __ATOMIC_ACQUIRE) && map_page(u->path, &fresh) == 0) {
        unmap_page(u->page);
        u->page = fresh;
    }
}

int utc_page(struct utc *u, struct page_data *out, struct mono_ns *now)
{
    int err;

    follow_replaced_page(u);
    err = page_read(u->page, out);
    *now = io_raw_now();
    if (err == 0 && io_slept_since(out->asleep))
        out->status = CLOCK_DISRUPTED;
    return err;
}

int utc_now(struct utc *u, struct utc_time *out)
{
    struct page_data d;
    struct clock_view v;
    struct mono_ns now;
    int err = utc_page(u, &d, &now);

    if (err < 0)
        return err;
    page_view(&d, now, &v);
    *out = (struct utc_time){
        .earliest_ns = v.earliest.ns, .latest_ns = v.latest.ns, .best_ns = v.utc.ns, .tai_ns = v.tai.ns,
        .status = (int32_t)v.status, .leap = (int32_t)v.leap, .stratum = v.stratum, .usable = v.stratum != 0,
        .writer_age_ns = mono_sub(now, d.heartbeat).ns,
    };
    return 0;
}

void utc_close(struct utc *u)
{
    if (!u)
        return;
    unmap_page(u->page);
    free(u);
}

const char *utc_status_text(int status) { return clock_status_text((enum clock_status)status); }
const char *utc_error_text(int error) { return ue_text(error); }
