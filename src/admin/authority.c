#include "admin/authority.h"

#include <string.h>
#include <strings.h>

#include "base/addr.h"

/* The name before ":port", or the whole; 0 for what is no name with a port. */
static size_t name_length(const char *host)
{
    size_t n = strcspn(host, ":");

    if (host[n] == '\0')
        return n;
    return strspn(host + n + 1, "0123456789") == strlen(host + n + 1) ? n : 0;
}

static bool is_name(const char *host, size_t len, const char *name) { return strlen(name) == len && strncasecmp(host, name, len) == 0; }

bool authority_is_ours(const char *host, const struct option_texts *names)
{
    struct net_addr a;
    size_t len = name_length(host);

    if (host[0] != '*' && addr_from_text(host, HTTP_DEFAULT_PORT, &a) == 0)
        return true;
    if (len == 0)
        return false;
    for (uint32_t i = 0; i < names->count; i++)
        if (is_name(host, len, names->item[i].s))
            return true;
    return is_name(host, len, "localhost");
}

bool authority_origin_is_ours(const char *origin, const struct option_texts *names)
{
    static const char *const schemes[] = { "http://", "https://" };

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncasecmp(origin, schemes[i], strlen(schemes[i])) == 0)
            return authority_is_ours(origin + strlen(schemes[i]), names);
    return false;
}
