/* For tests: a folder of the test's own, which goes with all that is in it. */
#ifndef BASE_TEST_FOLDER_H
#define BASE_TEST_FOLDER_H

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[32];

/* Makes it, and, unless `path` is NULL, fills its `size` bytes with that of a file in it. Returns 0 or -1, as a setup does. */
static inline int folder_make(const char *name, char *path, size_t size)
{
    strcpy(folder, "/tmp/utcd_test_XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    if (path)
        snprintf(path, size, "%s/%s", folder, name);
    return 0;
}

/* A teardown. */
static inline int folder_remove(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

#endif
