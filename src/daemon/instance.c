#include "daemon/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "lib/run_dir.h"

static void path_in(const char *dir, const char *name, char out[RUN_PATH_MAX + 16]) { snprintf(out, RUN_PATH_MAX + 16, "%.100s/%s", dir, name); }

int instance_make_dir(const char *dir, const struct host_user *owner)
{
    struct stat st;

    if (run_dir_trusted(dir))
        return 0;
    if (mkdir(dir, 0755) == 0) {
        if (owner && chown(dir, owner->uid, owner->gid) != 0)
            return io_error(errno);
        return 0;
    }
    if (errno != EEXIST)
        return io_error(errno);
    return owner && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == owner->uid ? 0 : -UE_PERMISSION;
}

static pid_t read_pid(int fd)
{
    char text[16] = "";

    if (pread(fd, text, sizeof text - 1, 0) <= 0)
        return 0;
    return (pid_t)strtol(text, NULL, 10);
}

/* What lies in /tmp and was not touched for days is removed there (tmpfiles.d(5)), unless its folder is locked. Not to be had: as without. */
static void keep_from_cleaners(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0)
        close(fd);
}

/* The file is nobody else's, not even to read: who can open it can lock it, and keep the next daemon from its start. */
int instance_lock(const char *dir, pid_t *other)
{
    char path[RUN_PATH_MAX + 16], text[16];
    int fd, n;

    path_in(dir, INSTANCE_LOCK, path);
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return io_error(errno);
    fchmod(fd, 0600);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int err = errno == EWOULDBLOCK ? -UE_BUSY : io_error(errno);

        *other = read_pid(fd);
        close(fd);
        return err;
    }
    n = snprintf(text, sizeof text, "%-10ld\n", (long)getpid()); /* of one length: to truncate a file can wait for the disk */
    if (pwrite(fd, text, (size_t)n, 0) != n) {
        close(fd);
        return -UE_NO_SPACE;
    }
    keep_from_cleaners(dir);
    return 0; /* the descriptors stay open: they are the locks */
}

bool instance_steered_before(const char *dir)
{
    char path[RUN_PATH_MAX + 16];

    path_in(dir, INSTANCE_MARK, path);
    return access(path, F_OK) == 0;
}

void instance_mark_steering(const char *dir)
{
    char path[RUN_PATH_MAX + 16];
    int fd;

    path_in(dir, INSTANCE_MARK, path);
    fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd >= 0)
        close(fd);
}
