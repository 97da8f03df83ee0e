/* Finding, mapping and following the daemon's clock page. A restarted daemon keeps the file; one of another layout makes a new one, and marks the old as
 * superseded when the new one lies in its place. */
#include "lib/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "io/stamp.h"
#include "lib/run_dir.h"
#include "utc/utc.h"

#define LOOK_AGAIN_NS NS_PER_S /* for what takes the place of a superseded page: looking is a call to the system */

static int map_file(const char *path, struct utc_mapping *m)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), err = 0;
    void *at = MAP_FAILED;

    if (fd < 0)
        return io_error(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct page))
        err = -UE_VERSION;
    else if ((at = mmap(NULL, sizeof(struct page), PROT_READ, MAP_SHARED, fd, 0)) == MAP_FAILED)
        err = io_error(errno);
    close(fd);
    if (err == 0)
        *m = (struct utc_mapping){ .page = at, .device = st.st_dev, .inode = st.st_ino };
    return err;
}

/* What was published before the machine was started anew counts from another zero. */
static int judge(const struct page *p)
{
    uint64_t boot = io_boot();

    if (!page_is_ours(p))
        return -UE_VERSION;
    return p->boot && boot && p->boot != boot ? -UE_STALE : 0;
}

static const struct io_vmclock *vmclock_of(const struct page *p)
{
    bool named = p->vmclock[0] == '/' && memchr(p->vmclock, '\0', sizeof p->vmclock);

    return named ? io_vmclock_open(p->vmclock) : NULL;
}

static void drop(struct utc_mapping *m)
{
    munmap((void *)(uintptr_t)m->page, sizeof *m->page);
    io_vmclock_close(m->vmclock);
    free(m);
}

static int map_page(const char *path, struct utc_mapping **out)
{
    struct utc_mapping *m = calloc(1, sizeof *m);
    int err = m ? map_file(path, m) : -UE_MEMORY;

    if (!m || !m->page) {
        free(m);
        return err;
    }
    err = judge(m->page);
    if (err < 0) {
        drop(m);
        return err;
    }
    m->vmclock = vmclock_of(m->page);
    *out = m;
    return 0;
}

static int open_path(struct utc **out, const char *path)
{
    struct utc *u = calloc(1, sizeof *u + strlen(path) + 1);
    int err = u ? map_page(path, &u->now) : -UE_MEMORY;

    if (err < 0) {
        free(u);
        return err;
    }
    strcpy(u->path, path);
    u->looked_at = INT64_MIN;
    *out = u;
    return 0;
}

/* A page outlives its daemon. */
static bool has_ended(const struct utc_mapping *m)
{
    struct page_data d;

    if (__atomic_load_n(&m->page->superseded, __ATOMIC_RELAXED) != 0)
        return true;
    return page_read(m->page, &d) == 0 && mono_sub(io_raw_now(), d.heartbeat).ns > WRITER_DEAD_NS;
}

/* The first place where a daemon runs; where none does, the first that has the page of one. */
static int open_running(struct utc **out)
{
    char found[RUN_PATH_MAX];
    struct utc *ended = NULL, *u;
    int err = -UE_NO_FILE;

    for (unsigned i = 0; i < RUN_DIR_PLACES; i++) {
        int e = run_dir_find(i, RUN_DIR_PAGE, found, sizeof found);

        e = e < 0 ? e : open_path(&u, found);
        if (e == 0 && !has_ended(u->now)) {
            utc_close(ended);
            *out = u;
            return 0;
        }
        if (e == 0 && ended)
            utc_close(u);
        else if (e == 0)
            ended = u;
        else
            err = e == -UE_NO_FILE ? err : e;
    }
    *out = ended;
    return ended ? 0 : err;
}

int utc_open(struct utc **out, const char *path) { return path ? open_path(out, path) : open_running(out); }

void utc_close(struct utc *u)
{
    if (!u)
        return;
    for (struct utc_mapping *m = u->now, *before; m; m = before) {
        before = m->before;
        drop(m);
    }
    free(u);
}

/* One thread looks, once a second; the others go on with what there is. */
static bool my_turn(struct utc *u)
{
    int64_t now = io_raw_now().ns, last = __atomic_load_n(&u->looked_at, __ATOMIC_RELAXED);

    return ns_sub(now, last) >= LOOK_AGAIN_NS && __atomic_compare_exchange_n(&u->looked_at, &last, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* A new page that says nothing yet, or that this library cannot read, is no better than the old one, whose bound goes on growing. */
static bool is_worth_it(const struct utc_mapping *fresh, const struct utc_mapping *old)
{
    const struct page *p = fresh->page;

    if (fresh->device == old->device && fresh->inode == old->inode)
        return false;
    return !__atomic_load_n(&p->superseded, __ATOMIC_ACQUIRE) && __atomic_load_n(&p->generation, __ATOMIC_ACQUIRE) != 0;
}

const struct utc_mapping *utc_follow(struct utc *u, struct utc_mapping *old)
{
    struct utc_mapping *fresh = NULL;

    if (!my_turn(u) || map_page(u->path, &fresh) != 0 || !fresh)
        return old;
    fresh->before = old;
    if (is_worth_it(fresh, old) && __atomic_compare_exchange_n(&u->now, &old, fresh, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
        return fresh;
    drop(fresh);
    return old;
}

bool utc_is_disrupted(const struct utc_mapping *m, const struct page_data *d)
{
    return io_slept_since(d->asleep) || (m->vmclock && io_vmclock_marker(m->vmclock) != d->disruption);
}

int utc_page(struct utc *u, struct page_data *out, struct mono_ns *now)
{
    const struct utc_mapping *m = utc_mapping_of(u);
    int err = page_read(m->page, out);

    *now = io_raw_now();
    if (err == 0 && utc_is_disrupted(m, out))
        out->status = CLOCK_DISRUPTED;
    return err;
}
