#include "daemon/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/become.h"
#include "host/file.h"
#include "io/machine.h"
#include "io/socket.h"

const char *role_name(enum role r)
{
    static const char *const names[] = { [ROLE_CLOCK] = "clock", [ROLE_CORE] = "core", [ROLE_KE] = "ke", [ROLE_ADMIN] = "admin", [ROLE_SERVE] = "serve" };

    return names[r < ROLE_SERVE ? r : ROLE_SERVE];
}

static void *map(int fd, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

    return p == MAP_FAILED ? NULL : p;
}

/* A file, of ours, with this one name: in a folder of another user's anything can take its place at any moment. */
static bool is_ours(const struct stat *st) { return S_ISREG(st->st_mode) && st->st_nlink == 1 && st->st_uid == geteuid(); }

/* The owner's own file is read-only for the owner as well, so the bit is set for the moment of opening: to what was opened, not to its name. */
static bool make_writable(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    bool done = fd >= 0 && fstat(fd, &st) == 0 && is_ours(&st) && fchmod(fd, 0644) == 0;

    if (fd >= 0)
        close(fd);
    return done;
}

static int open_for_writing(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd >= 0 || errno != EACCES)
        return fd < 0 ? io_error(errno) : fd;
    if (make_writable(path))
        fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -UE_PERMISSION : fd;
}

/* Nothing is changed that is right already: changes can wait for the disk. Returns 0 or -UE_.... */
static int make_right(int fd)
{
    struct stat st;
    int err;

    if (fstat(fd, &st) != 0)
        return io_error(errno);
    if (!is_ours(&st))
        return -UE_PERMISSION;
    if (st.st_size != sizeof(struct page) && ftruncate(fd, sizeof(struct page)) != 0)
        return io_error(errno);
    err = host_file_reserve(fd, sizeof(struct page));
    if (!err && (st.st_mode & 07777) != 0444 && fchmod(fd, 0444) != 0)
        err = errno;
    return err ? io_error(err) : 0;
}

/* Ours in kind and owner, and of the layout and the start of the machine that hold now. */
static bool is_current(const struct page *p, uint64_t boot) { return page_is_ours(p) && p->boot == boot; }

static struct page *map_file(const char *path, int *err)
{
    int fd = open_for_writing(path);
    struct page *p = NULL;

    *err = fd < 0 ? fd : 0;
    if (fd < 0)
        return NULL;
    *err = make_right(fd);
    if (*err == 0 && !(p = map(fd, sizeof *p)))
        *err = -UE_MEMORY;
    if (*err)
        unlink(path); /* half a page is none */
    close(fd);
    return p;
}

/* A page of another layout, from before an upgrade. Whoever holds it looks for what takes its place once this is set. */
static struct page *map_foreign(const char *path)
{
    int fd = open_for_writing(path);
    struct stat st;
    struct page *p = NULL;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && st.st_size >= (off_t)offsetof(struct page, boot))
        p = map(fd, offsetof(struct page, boot));
    close(fd);
    if (p && (p->magic != PAGE_MAGIC || (p->version == PAGE_VERSION && st.st_size == sizeof *p))) {
        munmap(p, offsetof(struct page, boot));
        return NULL;
    }
    return p;
}

/* In the way: no file, somebody else's, or one with another name as well. */
static void clear(const char *path)
{
    struct stat st;

    if (lstat(path, &st) == 0 && !is_ours(&st))
        unlink(path);
}

static struct page *open_page(const char *path, int *err)
{
    struct page *foreign, *p;

    clear(path);
    foreign = access(path, F_OK) == 0 ? map_foreign(path) : NULL;
    if (foreign)
        unlink(path);
    p = map_file(path, err);
    if (foreign) {
        foreign->superseded = 1;
        munmap(foreign, offsetof(struct page, boot));
    }
    return p;
}

/* A page that a daemon of this start of the machine left stays as it is until the next is published: it goes on telling the truth to those who read it. */
struct page *shared_page(const char *path, const char *vmclock, int *path_err)
{
    struct page *p = open_page(path, path_err);
    uint64_t boot = io_boot();

    if (!p)
        p = map(-1, sizeof *p);
    if (!p)
        return NULL;
    if (!is_current(p, boot))
        page_init(p, boot);
    snprintf(p->vmclock, sizeof p->vmclock, "%s", vmclock);
    p->superseded = 0;
    return p;
}

void *shared_new(size_t size, int *fd) { return fd ? become_shared("simple-utcd", size, fd) : map(-1, size); }

struct shared_state *shared_state_new(int *fd) { return shared_new(sizeof(struct shared_state), fd); }

struct shared_steps *shared_steps_new(int *fd) { return shared_new(sizeof(struct shared_steps), fd); }

struct hardware_lines *shared_hardware_new(int *fd) { return shared_new(sizeof(struct hardware_lines), fd); }

struct guard *shared_guard_new(int *fd) { return shared_new(sizeof(struct guard), fd); }

struct interleave *shared_interleave_new(int *fd) { return shared_new(sizeof(struct interleave), fd); }
