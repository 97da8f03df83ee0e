#include "daemon/clockbound_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/option.h"
#include "host/file.h"
#include "io/socket.h"
#include "lib/run_dir.h"

/* Of the folder, NULL where it is ours or root's alone. One that is missing is made, but not its own folders. */
static const char *wrong_with_folder(const char *path)
{
    char dir[OPTION_TEXT_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash || slash == path)
        return "it has to lie in a folder of its own";
    snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
    if (mkdir(dir, 0755) != 0 && errno != EEXIST)
        return ue_text(io_error(errno));
    return run_dir_trusted(dir) ? NULL : "its folder is another user's, or others may write to it";
}

/* Of what was opened. */
static const char *wrong_with_file(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return "it cannot be looked at";
    if (!S_ISREG(st.st_mode))
        return "it is no regular file";
    if (st.st_uid != geteuid())
        return "it belongs to another user";
    if (st.st_nlink != 1)
        return "it has another name as well";
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return "others may write to it";
    return NULL;
}

static struct clockbound_segment *map_segment(int fd, const char **wrong)
{
    struct clockbound_segment *s = MAP_FAILED;
    int err = ftruncate(fd, sizeof *s) == 0 && fchmod(fd, 0644) == 0 ? host_file_reserve(fd, sizeof *s) : errno;

    if (!err)
        s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (s != MAP_FAILED)
        return s;
    *wrong = ue_text(io_error(err ? err : errno));
    return NULL;
}

struct clockbound_segment *clockbound_open(const char *path, char *why, size_t size)
{
    const char *wrong = wrong_with_folder(path);
    int fd = wrong ? -1 : open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
    struct clockbound_segment *s = NULL;

    if (!wrong && fd < 0)
        wrong = errno == ELOOP ? "it is a symbolic link" : ue_text(io_error(errno));
    if (!wrong)
        wrong = wrong_with_file(fd);
    if (!wrong)
        s = map_segment(fd, &wrong);
    if (fd >= 0)
        close(fd);
    if (s)
        clockbound_begin(s);
    snprintf(why, size, "%s", wrong ? wrong : "");
    return s;
}

static int64_t monotonic_coarse(void)
{
    struct timespec ts = { 0, 0 };

    clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

void clockbound_update(struct clockbound_segment *s, const struct page_data *page, bool steered, bool vmclock)
{
    struct clockbound_clock c = { .steered = steered, .monotonic_ns = monotonic_coarse(), .vmclock = vmclock };
    struct clockbound_bound bound;
    struct host_pair pair;
    double ppm = 0;

    if (!s)
        return;
    pair = host_pair();
    c.raw = pair.raw;
    c.system = pair.system;
    c.steered = steered && host_clock_system.read_frequency(&ppm) == 0;
    c.rate = ppm * 1e-6;
    clockbound_make(page, &c, &bound);
    bound.bound_ns = ns_add(bound.bound_ns, pair.width.ns);
    clockbound_write(s, &bound);
}

void clockbound_withdraw(struct clockbound_segment *s)
{
    struct clockbound_bound bound;

    if (!s)
        return;
    bound = s->bound;
    bound.status = CLOCKBOUND_UNKNOWN;
    clockbound_write(s, &bound);
}
