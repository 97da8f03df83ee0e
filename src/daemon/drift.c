#include "daemon/drift.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"

#define HEAD "simple-utcd drift 1\n"
#define HEAD_ANY "simple-utcd drift "
#define PLAUSIBLE_PPM 1e6 /* no clock can be further off; such a number is damage */

/* FNV-1a (Fowler, Noll, Vo): finds torn and flipped bytes, guards against nobody. */
static uint32_t checksum(const char *text, size_t len)
{
    uint32_t h = UINT32_C(2166136261);

    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)text[i]) * UINT32_C(16777619);
    return h;
}

size_t drift_to_text(const struct clock_drift *d, char out[DRIFT_TEXT_MAX])
{
    int n = snprintf(out, DRIFT_TEXT_MAX, HEAD "freq_ppm %.9f\nskew_ppm %.9f\n", d->freq_ppm, d->skew_ppm);

    return (size_t)(n + snprintf(out + n, DRIFT_TEXT_MAX - (size_t)n, "checksum %08lx\n", (unsigned long)checksum(out, (size_t)n)));
}

/* The text is whole: it is exactly what would be written for the numbers in it. */
static bool whole(const char *text, size_t len)
{
    char tail[24];
    int n;
    const char *last = NULL;

    for (size_t i = 0; i + 1 < len; i++)
        if (text[i] == '\n')
            last = text + i + 1;
    if (!last)
        return false;
    n = snprintf(tail, sizeof tail, "checksum %08lx\n", (unsigned long)checksum(text, (size_t)(last - text)));
    return (size_t)n == len - (size_t)(last - text) && memcmp(last, tail, (size_t)n) == 0;
}

static bool plausible(double v) { return isfinite(v) && fabs(v) <= PLAUSIBLE_PPM; }

int drift_from_text(const char *text, size_t len, double max_ppm, struct clock_drift *out)
{
    char copy[DRIFT_TEXT_MAX];
    struct clock_drift d = { .valid = true };
    int end = 0;

    if (len >= sizeof copy)
        return -UE_SYNTAX;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (strlen(copy) != len)
        return -UE_SYNTAX;
    if (strncmp(copy, HEAD, strlen(HEAD)) != 0)
        return strncmp(copy, HEAD_ANY, strlen(HEAD_ANY)) == 0 && strchr(copy, '\n') ? -UE_VERSION : -UE_SYNTAX;
    if (!whole(copy, len))
        return -UE_TRUNCATED;
    if (sscanf(copy + strlen(HEAD), "freq_ppm %lf skew_ppm %lf checksum %n", &d.freq_ppm, &d.skew_ppm, &end) != 2 || end == 0)
        return -UE_SYNTAX;
    if (!plausible(d.freq_ppm) || !plausible(d.skew_ppm) || d.skew_ppm < 0)
        return -UE_RANGE;
    if (fabs(d.freq_ppm) > max_ppm) {
        d.freq_ppm = copysign(max_ppm, d.freq_ppm);
        d.skew_ppm = max_ppm;
    }
    *out = d;
    return 0;
}

/* A regular file that only its owner's group and the owner may write. Returns its length. */
static int read_small(const char *path, char *out, size_t size, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
    struct stat st;
    ssize_t n;

    if (fd < 0)
        return io_error(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err = -UE_SYNTAX;
    else if (st.st_mode & S_IWOTH)
        err = -UE_PERMISSION;
    n = err ? 0 : read(fd, out, size);
    close(fd);
    if (n < 0)
        return -UE_IO;
    *len = (size_t)n;
    return err;
}

int drift_load(const char *path, double max_ppm, struct clock_drift *out)
{
    char text[DRIFT_TEXT_MAX + 1], aside[OPTION_TEXT_MAX + 8];
    size_t len = 0;
    int err;

    if (access(path, R_OK) != 0)
        return io_error(errno);
    err = read_small(path, text, sizeof text, &len);
    if (!err)
        err = drift_from_text(text, len, max_ppm, out);
    if (err) {
        snprintf(aside, sizeof aside, "%s.bad", path);
        rename(path, aside); /* where that fails the next save does the same service */
    }
    return err;
}

static int write_whole(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? io_error(errno) : -UE_IO;
        text += n;
        len -= (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : io_error(errno);
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

/* The rename itself has to reach the disk. A file system that cannot do that has no promise to break. */
static void sync_folder(const char *path)
{
    char folder[OPTION_TEXT_MAX];
    int fd = open(folder_of(path, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int drift_can_save(const char *path)
{
    char folder[OPTION_TEXT_MAX];

    return access(folder_of(path, folder), W_OK) == 0 ? 0 : io_error(errno);
}

int drift_save(const char *path, const struct clock_drift *d)
{
    char text[DRIFT_TEXT_MAX], beside[OPTION_TEXT_MAX + 8];
    int fd, err;

    snprintf(beside, sizeof beside, "%s.new", path);
    unlink(beside); /* of a run that was cut off */
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return io_error(errno);
    err = write_whole(fd, text, drift_to_text(d, text));
    if (close(fd) != 0 && !err)
        err = io_error(errno);
    if (!err && rename(beside, path) != 0)
        err = io_error(errno);
    if (err)
        unlink(beside);
    else
        sync_folder(path);
    return err;
}
