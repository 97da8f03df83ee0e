#include "daemon/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/option.h"
#include "host/file.h"
#include "io/socket.h"

/* A regular file that only its owner's group and the owner may write. Returns its length. */
static int read_small(const char *path, char *out, size_t size, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
    struct stat st;
    ssize_t n;

    if (fd < 0)
        return io_error(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err = -UE_NOT_REGULAR;
    else if (st.st_size == 0)
        err = -UE_EMPTY;
    else if (st.st_mode & S_IWOTH)
        err = -UE_OPEN_TO_ALL;
    n = err ? 0 : read(fd, out, size);
    close(fd);
    if (n < 0)
        return -UE_IO;
    *len = (size_t)n;
    return err;
}

int memory_file_load(const char *path, double max_frequency_ppm, struct clock_memory *out)
{
    char text[CLOCK_MEMORY_TEXT_MAX + 1], aside[OPTION_TEXT_MAX + 8];
    size_t len = 0;
    int err;

    if (access(path, R_OK) != 0)
        return io_error(errno);
    err = read_small(path, text, sizeof text, &len);
    if (!err)
        err = clock_memory_from_text(text, len, max_frequency_ppm, out);
    if (err) {
        snprintf(aside, sizeof aside, "%s.bad", path);
        rename(path, aside); /* where that fails the next save does the same service */
    }
    return err;
}

static const char *folder_of(const char *path, char out[OPTION_TEXT_MAX])
{
    char *slash;

    snprintf(out, OPTION_TEXT_MAX, "%s", path);
    slash = strrchr(out, '/');
    if (slash)
        slash[slash == out] = '\0';
    return slash ? out : ".";
}

int memory_file_can_save(const char *path)
{
    char folder[OPTION_TEXT_MAX];

    return access(folder_of(path, folder), W_OK) == 0 ? 0 : io_error(errno);
}

/* The folder may be another user's: nothing is written there, and what lies there is not waited for. */
bool memory_file_lock(const char *path)
{
    char beside[OPTION_TEXT_MAX + 8];
    bool taken;
    int fd;

    snprintf(beside, sizeof beside, "%s.lock", path);
    fd = open(beside, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return true; /* the descriptor stays open: it is the lock */
    taken = errno == EWOULDBLOCK;
    close(fd);
    return !taken;
}

const char *memory_file_why(int err) { return err == -UE_NO_FILE ? "its directory does not exist" : ue_text(err); }

int memory_file_save(const char *path, const struct clock_memory *m)
{
    char text[CLOCK_MEMORY_TEXT_MAX], beside[OPTION_TEXT_MAX + 8];
    const struct host_file file = { .path = path, .beside = beside, .mode = 0644 };
    int err;

    snprintf(beside, sizeof beside, "%s.new", path);
    err = host_file_replace(&file, text, clock_memory_to_text(m, text));
    return err ? io_error(err) : 0;
}
