#include "daemon/config_set.h"

#include <grp.h>
#include <sys/mman.h>

#include "daemon/shared.h"

bool config_group(const char *name, gid_t *out)
{
    const struct group *g = name[0] ? getgrnam(name) : NULL;

    *out = g ? g->gr_gid : GROUP_NONE;
    return g || name[0] == '\0';
}

struct config_sets *config_sets_new(int *fd)
{
    struct config_sets *s = shared_new(sizeof *s, fd);

    if (!s)
        return NULL;
    madvise(s, sizeof *s, MADV_DONTDUMP); /* keys */
    return s;
}
