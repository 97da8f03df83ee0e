#include "host/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/file.h"

#define PATH_MAX_BYTES 512

static bool is_ours(const struct stat *st) { return st->st_uid == geteuid() || st->st_uid == 0; }

/* False when the name is too long. */
static bool directory_of(const char *path, char out[PATH_MAX_BYTES])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;

    if (n >= PATH_MAX_BYTES)
        return false;
    memcpy(out, n ? path : "/", n ? n : 1);
    out[n ? n : 1] = '\0';
    return true;
}

/* Could somebody else put a file of his own in this one's place? NULL: no. */
static const char *judge_directory(const char *path)
{
    char directory[PATH_MAX_BYTES];
    struct stat st;

    if (!directory_of(path, directory))
        return "its name is too long";
    if (stat(directory, &st) != 0)
        return errno == ENOENT ? "its directory does not exist" : strerror(errno);
    if (!is_ours(&st) || (st.st_mode & (S_IWGRP | S_IWOTH) && !(st.st_mode & S_ISVTX)))
        return "others may write in its directory";
    return NULL;
}

static const char *judge(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "it is no regular file";
    if (!is_ours(st))
        return "it belongs to another user; make it root's or the daemon's (chown)";
    if (st->st_mode & (S_IWGRP | S_IRWXO))
        return "others than its owner and group may read it, or others than its owner change it; chmod 600";
    return NULL;
}

static const char *read_whole(int fd, uint8_t *out, size_t size, size_t *len)
{
    ssize_t n;

    *len = 0;
    do {
        n = read(fd, out + *len, size - *len);
        *len += n > 0 ? (size_t)n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));
    return n < 0 ? strerror(errno) : *len == size ? "it is too large" : NULL;
}

const char *host_secret_file_read(const char *path, uint8_t *out, size_t size, size_t *len)
{
    struct stat st;
    const char *wrong;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    *len = 0;
    if (fd < 0)
        return errno == ELOOP ? "it is a symbolic link; name the file itself" : errno == ENOENT ? "the file does not exist" : strerror(errno);
    if (fstat(fd, &st) != 0)
        wrong = strerror(errno);
    else
        wrong = judge(&st);
    if (!wrong)
        wrong = judge_directory(path);
    if (!wrong)
        wrong = read_whole(fd, out, size, len);
    close(fd);
    return wrong;
}

const char *host_secret_file_write(const char *path, const uint8_t *bytes, size_t len)
{
    const char *wrong = judge_directory(path);
    char beside[PATH_MAX_BYTES + 8];
    int err;

    if (wrong)
        return wrong;
    snprintf(beside, sizeof beside, "%s.new", path);
    err = host_file_replace(&(struct host_file){ .path = path, .beside = beside, .mode = 0600 }, bytes, len);
    return err ? strerror(err) : NULL;
}
