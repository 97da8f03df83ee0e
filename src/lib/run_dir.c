#include "lib/run_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

static int fits(int n, size_t size) { return n >= 0 && (size_t)n < size ? 0 : -UE_RANGE; }

int run_dir_own(char *out, size_t size)
{
    const char *session = getenv("XDG_RUNTIME_DIR");

    if (geteuid() == 0)
        return fits(snprintf(out, size, "%s", RUN_DIR_SYSTEM), size);
    if (session && session[0] == '/')
        return fits(snprintf(out, size, "%s/simple-utcd", session), size);
    return fits(snprintf(out, size, "/tmp/simple-utcd-%lu", (unsigned long)geteuid()), size);
}

/* Others cannot make or rename entries of /run, so there the owner may be anybody the daemon became. */
bool run_dir_trusted(const char *dir)
{
    struct stat st;

    if (lstat(dir, &st) != 0 || !S_ISDIR(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return false;
    return st.st_uid == 0 || st.st_uid == geteuid() || strcmp(dir, RUN_DIR_SYSTEM) == 0;
}

int run_dir_find(unsigned i, const char *name, char *path, size_t size)
{
    char own[RUN_PATH_MAX], system[] = RUN_DIR_SYSTEM;
    const char *dir = i == 0 ? own : system;
    int err = run_dir_own(own, sizeof own);

    if (i == 0 && err < 0)
        return err;
    if (i >= RUN_DIR_PLACES || (i == 1 && err == 0 && strcmp(own, system) == 0))
        return -UE_NO_FILE;
    if (access(dir, F_OK) == 0 && !run_dir_trusted(dir))
        return -UE_PERMISSION;
    return fits(snprintf(path, size, "%s/%s", dir, name), size);
}
