#include <stdio.h>
#include <unistd.h>

#include "host/privilege.h"

const char *host_user_to_text(const struct host_user *user, char out[HOST_USER_TEXT_MAX])
{
    out[0] = '\0';
    if (user && geteuid() == 0)
        snprintf(out, HOST_USER_TEXT_MAX, "%u:%u", (unsigned)user->uid, (unsigned)user->gid);
    return out;
}

bool host_user_from_text(const char *text, struct host_user *out)
{
    unsigned uid, gid;
    char more;

    if (sscanf(text, "%u:%u%c", &uid, &gid, &more) != 2)
        return false;
    *out = (struct host_user){ uid, gid };
    return true;
}
