#include "daemon/leap_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/logger.h"
#include "host/clock.h"
#include "io/socket.h"

#define FIRST_LOOK_NS NS_PER_S

void leap_files_start(struct leap_files *f, struct mono_ns now)
{
    *f = (struct leap_files){ .next = mono_add(now, (struct dur_ns){ FIRST_LOOK_NS }) };
}

static int read_whole(int fd, uint8_t *out, size_t size, size_t *len)
{
    ssize_t n = 1;

    for (*len = 0; n != 0 && *len <= size;) {
        uint8_t beyond;

        n = *len < size ? read(fd, out + *len, size - *len) : read(fd, &beyond, 1);
        if (n < 0 && errno != EINTR)
            return io_error(errno);
        *len += n > 0 ? (size_t)n : 0;
    }
    return *len <= size ? 0 : -UE_RANGE; /* it grew while it was read */
}

int leap_file_load(const char *path, uint8_t *out, size_t size, size_t *len)
{
    struct stat st;
    int fd, err;

    if (stat(path, &st) != 0) /* before opening: that alone does things to a device */
        return io_error(errno);
    if (!S_ISREG(st.st_mode))
        return -UE_UNSUPPORTED;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return io_error(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err = -UE_UNSUPPORTED;
    else
        err = st.st_size > (off_t)size ? -UE_RANGE : read_whole(fd, out, size, len);
    close(fd);
    return err;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec
           && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Something is there that no verdict was given on yet. */
static bool changed(struct leap_files *f, enum clock_leap_origin origin, const char *path)
{
    struct stat st;

    if (path[0] == '\0' || stat(path, &st) != 0) {
        f->file[origin].seen = false;
        f->file[origin].refused = NULL;
        return false;
    }
    if (f->file[origin].seen && same_file(&st, &f->file[origin].as_read))
        return false;
    f->file[origin].seen = true;
    f->file[origin].as_read = st;
    return true;
}

const char *leap_files_reason(const struct leap_files *f, enum clock_leap_origin origin, char out[LEAP_REASON_MAX])
{
    const char *reason = f->file[origin].refused;

    if (!reason || f->file[origin].line == 0)
        return reason;
    snprintf(out, LEAP_REASON_MAX, "line %u: %s", (unsigned)f->file[origin].line, reason);
    return out;
}

static void refuse(struct leap_files *f, enum clock_leap_origin origin, const char *path, uint32_t line, const char *reason)
{
    struct log_record r = { .id = LOG_LEAP_REFUSED };
    char where[LEAP_REASON_MAX];

    f->file[origin].refused = reason;
    f->file[origin].line = line;
    log_text(&r, "file", path);
    log_text(&r, "reason", leap_files_reason(f, origin, where));
    logger_write(&r, host_mono());
}

static void tell_read(const char *path, const struct leap_table *t)
{
    struct log_record r = { .id = LOG_LEAP_READ };

    log_text(&r, "file", path);
    log_int(&r, "tai_minus_utc_s", t->entry[t->count - 1].tai_minus_utc_s);
    log_utc(&r, "from", t->entry[t->count - 1].at);
    logger_write(&r, host_mono());
}

static const char *reason_of(int err)
{
    return err == -UE_RANGE ? leap_fault_text(LEAP_TOO_LARGE) : err == -UE_UNSUPPORTED ? "it is no regular file" : ue_text(err);
}

bool leap_files_read(struct leap_files *f, enum clock_leap_origin origin, const char *path, struct leap_table *table)
{
    static struct leap_verdict (*const readers[LEAP_ORIGINS])(struct span, struct leap_table *) = { leap_table_from_list, leap_table_from_tzif };
    struct leap_verdict v;
    uint8_t *bytes;
    size_t len = 0;
    int err;

    if (!changed(f, origin, path))
        return false;
    f->file[origin].refused = NULL;
    bytes = malloc(LEAP_FILE_MAX);
    err = bytes ? leap_file_load(path, bytes, LEAP_FILE_MAX, &len) : -UE_MEMORY;
    if (err) {
        refuse(f, origin, path, 0, reason_of(err));
        free(bytes);
        return false;
    }
    v = readers[origin]((struct span){ bytes, len }, table);
    free(bytes);
    if (v.fault == LEAP_OK)
        tell_read(path, table);
    else
        refuse(f, origin, path, v.line, leap_fault_text(v.fault));
    return v.fault == LEAP_OK;
}
