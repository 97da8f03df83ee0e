/* A file that is replaced as a whole: whoever reads it, and whoever starts after a power cut, finds all of the old one or all of the new one. */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <stddef.h>
#include <sys/stat.h>

struct host_file {
    const char *path;
    const char *beside;         /* where the new one is written first, in the same folder; what lies there, of a run that was cut off, is taken away */
    mode_t mode;                /* of the new one, less the umask */
    const struct stat *like;    /* NULL; or whose owner, group and mode it has exactly */
};

/* Written beside, made durable and renamed over. Returns 0, or the system's error (errno.h): the old file is then as it was, and nothing lies beside it. */
int host_file_replace(const struct host_file *f, const void *bytes, size_t len);

/* `size` bytes of the file have their place on the disk from now on, so that whoever maps it can write there: else a full disk would end it by SIGBUS. What is
 * in them stays. Returns 0, or ENOSPC and its kin; 0 also where the system cannot promise it. */
int host_file_reserve(int fd, size_t size);

#endif
