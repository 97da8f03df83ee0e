#include "conf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a person should do about a file that cannot be read. */
static const char *open_failed(int error)
{
    switch (error) {
    case ENOENT: return "the configuration file does not exist; where none is named the defaults are used";
    case EACCES: return "the configuration file may not be read by this user; give it read permission (chmod) or another owner";
    case ELOOP: return "the configuration file is a symbolic link that leads in a circle";
    case ENAMETOOLONG: return "the name of the configuration file is too long";
    default: return strerror(error);
    }
}

static const char *refusal(const struct stat *s)
{
    if (S_ISDIR(s->st_mode))
        return "is a directory, not a configuration file";
    if (!S_ISREG(s->st_mode))
        return "is not a regular file";
    if (s->st_mode & S_IWOTH)
        return "everybody may write to the configuration file; take that away with chmod o-w";
    if (s->st_size > CONF_FILE_MAX)
        return "the configuration file is larger than 256 KiB";
    return NULL;
}

static const char *read_all(int fd, char *buffer, size_t size, size_t *len)
{
    *len = 0;
    for (;;) {
        ssize_t n = read(fd, buffer + *len, size - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return strerror(errno);
        if (n == 0)
            return NULL;
        *len += (size_t)n;
    }
}

bool conf_file_read(const char *path, char *buffer, size_t *len, struct conf_errors *errors)
{
    struct conf_origin at = { CONF_FROM_FILE, 0, 0, path };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not hold the start up */
    struct stat s;
    const char *problem;

    if (fd < 0)
        problem = open_failed(errno);
    else if (fstat(fd, &s) < 0)
        problem = strerror(errno);
    else
        problem = refusal(&s);
    if (!problem)
        problem = read_all(fd, buffer, CONF_FILE_MAX, len);
    if (fd >= 0)
        close(fd);
    if (problem)
        conf_error_add(errors, at, "%s", problem);
    return !problem;
}

const char *conf_value_file_read(const char *path, char out[CONF_VALUE_FILE_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *problem = NULL;
    struct stat s;
    size_t len = 0;

    if (fd < 0 || fstat(fd, &s) < 0)
        problem = strerror(errno);
    else if (!S_ISREG(s.st_mode))
        problem = "it is not a regular file";
    else if (s.st_mode & S_IWOTH)
        problem = "everybody may write to it; take that away with chmod o-w";
    else
        problem = read_all(fd, out, CONF_VALUE_FILE_MAX, &len);
    if (fd >= 0)
        close(fd);
    if (problem)
        return problem;
    if (len > 0 && out[len - 1] == '\n')
        len--;
    if (len == 0 || len == CONF_VALUE_FILE_MAX)
        return len ? "it is longer than a value" : "it is empty";
    out[len] = '\0';
    return memchr(out, 0, len) ? "it holds a NUL byte" : NULL;
}
