#include "daemon/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"

const char *role_name(enum role r)
{
    static const char *const names[] = { [ROLE_CLOCK] = "clock", [ROLE_CORE] = "core", [ROLE_KE] = "ke", [ROLE_SERVE] = "serve" };

    return names[r < ROLE_SERVE ? r : ROLE_SERVE];
}

static void *map(int fd, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

    return p == MAP_FAILED ? NULL : p;
}

/* The owner's own file is read-only for the owner as well, so the bit is set for the moment of opening. */
static int open_for_writing(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0 && errno == EACCES && chmod(path, 0644) == 0)
        fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? io_error(errno) : fd;
}

/* Nothing is changed that is right already: changes can wait for the disk. */
static bool make_right(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && (st.st_size == sizeof(struct page) || ftruncate(fd, sizeof(struct page)) == 0) &&
           ((st.st_mode & 07777) == 0444 || fchmod(fd, 0444) == 0);
}

static int open_page(const char *path)
{
    struct stat st;
    int fd;

    if (lstat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_nlink != 1 || st.st_uid != geteuid()))
        unlink(path);
    fd = open_for_writing(path);
    if (fd < 0 || make_right(fd))
        return fd;
    close(fd);
    return -UE_IO;
}

struct page *shared_page(const char *path, int *path_err)
{
    int fd = open_page(path);
    struct page *p = fd < 0 ? NULL : map(fd, sizeof *p);

    *path_err = fd < 0 ? fd : p ? 0 : -UE_MEMORY;
    if (fd >= 0)
        close(fd);
    if (!p)
        p = map(-1, sizeof *p);
    if (p)
        page_init(p);
    return p;
}

struct shared_state *shared_state_new(void) { return map(-1, sizeof(struct shared_state)); }

struct shared_steps *shared_steps_new(void) { return map(-1, sizeof(struct shared_steps)); }

struct hardware_lines *shared_hardware_new(void) { return map(-1, sizeof(struct hardware_lines)); }

struct guard *shared_guard_new(void) { return map(-1, sizeof(struct guard)); }

struct interleave *shared_interleave_new(void) { return map(-1, sizeof(struct interleave)); }
