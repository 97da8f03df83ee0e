#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_whole(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : ENOSPC;
        bytes += n;
        len -= (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

/* The owner first: to change it takes set-user-ID bits away. */
static int make_like(int fd, const struct stat *like)
{
    return !like || (fchown(fd, like->st_uid, like->st_gid) == 0 && fchmod(fd, like->st_mode & 07777) == 0) ? 0 : errno;
}

/* The new name has to reach the disk too. A file system that cannot do that has no promise to break. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX];
    char *slash;
    int fd;

    snprintf(folder, sizeof folder, "%s", path);
    slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int host_file_replace(const struct host_file *f, const void *bytes, size_t len)
{
    int fd, err;

    unlink(f->beside);
    fd = open(f->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, f->mode);
    if (fd < 0)
        return errno;
    err = make_like(fd, f->like);
    if (!err)
        err = write_whole(fd, bytes, len);
    if (close(fd) != 0 && !err)
        err = errno;
    if (!err && rename(f->beside, f->path) != 0)
        err = errno;
    if (err)
        unlink(f->beside);
    else
        sync_folder(f->path);
    return err;
}

int host_file_reserve(int fd, size_t size)
{
    int err = posix_fallocate(fd, 0, (off_t)size);

    return err == ENOSPC || err == EDQUOT || err == EFBIG ? err : 0; /* any other says that it cannot be asked for, as behind a filter of system calls */
}
