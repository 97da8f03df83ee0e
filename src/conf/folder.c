#include "conf/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), s = strlen(suffix);

    return n > s && name[0] != '.' && strcmp(name + n - s, suffix) == 0;
}

static int by_bytes(const void *a, const void *b) { return strcmp(a, b); }

static const char *refusal(int fd)
{
    struct stat s;

    if (fstat(fd, &s) != 0)
        return strerror(errno);
    return s.st_mode & S_IWOTH ? "everybody may put configuration into this directory; take that away with chmod o-w" : NULL;
}

/* Returns what is wrong, or NULL. */
static const char *list(DIR *d, const char *suffix, struct conf_folder *out)
{
    const struct dirent *e;

    for (;;) {
        errno = 0;
        e = readdir(d);
        if (!e)
            break;
        if (!ends_in(e->d_name, suffix))
            continue;
        if (out->count == CONF_FOLDER_MAX)
            return "more than 64 files stand in this directory; put several into one";
        strcpy(out->name[out->count++], e->d_name);
    }
    if (errno)
        return strerror(errno);
    qsort(out->name, out->count, sizeof out->name[0], by_bytes);
    return NULL;
}

bool conf_folder_list(const char *path, const char *suffix, struct conf_folder *out, struct conf_errors *errors)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    const char *wrong = NULL;

    out->count = 0;
    if (!d) {
        if (errno != ENOENT)
            wrong = strerror(errno);
        if (fd >= 0)
            close(fd);
    } else {
        wrong = refusal(fd);
        if (!wrong)
            wrong = list(d, suffix, out);
        closedir(d);
    }
    if (wrong)
        conf_error_add(errors, (struct conf_origin){ CONF_FROM_FILE, 0, 0, path }, "%s", wrong);
    return !wrong;
}
