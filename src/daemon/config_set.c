#include "daemon/config_set.h"

#include <grp.h>
#include <sys/mman.h>

bool config_group(const char *name, gid_t *out)
{
    const struct group *g = name[0] ? getgrnam(name) : NULL;

    *out = g ? g->gr_gid : GROUP_NONE;
    return g || name[0] == '\0';
}

struct config_sets *config_sets_new(void)
{
    struct config_sets *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (s == MAP_FAILED)
        return NULL;
    madvise(s, sizeof *s, MADV_DONTDUMP); /* keys */
    return s;
}
