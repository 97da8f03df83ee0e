#include "conf/name.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "conf/number.h"

#define HOST_NAME_MAX_LEN 253 /* RFC 1035 section 2.3.4: 255 octets with lengths and root */
#define HOST_LABEL_MAX 63

/* Letters, digits, hyphens inside, underscores; the last label is no number, or 300.1.1.1 would be a name (RFC 1123 section 2.1). */
static bool is_host_name(const char *name)
{
    bool numeric = false;
    const char *s = name;

    if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != strlen(name))
        return false;
    while (*s) {
        size_t len = strcspn(s, ".");

        if (len == 0 || len > HOST_LABEL_MAX || s[0] == '-' || s[len - 1] == '-')
            return false;
        numeric = strspn(s, "0123456789") == len;
        s += len;
        s += *s == '.';
    }
    return s > name && !numeric;
}

/* The name of an interface says something about link-local addresses alone: the others are the same everywhere. */
int conf_host_check(const char *text)
{
    char interface[ADDR_INTERFACE_MAX];
    struct net_addr a;

    if (strlen(text) > HOST_NAME_MAX_LEN)
        return -UE_RANGE;
    if (addr_at_from_text(text, 0, &a, interface))
        return is_host_name(text) ? 0 : -UE_SYNTAX;
    if (interface[0] && !addr_is_link_local(&a))
        return -UE_SYNTAX;
    return a.port == 0 && text[0] != '[' && addr_is_usable_server(&a) ? 0 : -UE_SYNTAX;
}

static bool bits_are_zero_from(const struct net_addr *a, unsigned bits)
{
    for (unsigned b = bits; b < 128; b++)
        if (a->bytes[b / 8] & (0x80 >> b % 8))
            return false;
    return true;
}

/* The network as it is written, with whatever is set behind the prefix. */
static int read_net(const char *text, struct net_addr *addr, uint8_t *bits)
{
    char host[ADDR_TEXT_MAX];
    size_t len = strcspn(text, "/");
    struct conf_number prefix;
    int err;

    if (len >= sizeof host)
        return -UE_SYNTAX;
    memcpy(host, text, len);
    host[len] = '\0';
    err = addr_from_text(host, 0, addr);
    if (err)
        return err;
    if (addr->port != 0 || host[0] == '[' || host[0] == '*')
        return -UE_SYNTAX;
    *bits = addr->family == ADDR_IPV4 ? 32 : 128;
    if (text[len] == '\0')
        return 0;
    err = conf_int_parse(text + len + 1, &prefix);
    if (err)
        return err;
    if (prefix.i < 0 || prefix.i > *bits)
        return -UE_RANGE;
    *bits = (uint8_t)prefix.i;
    return 0;
}

int conf_net_parse(const char *text, struct net_addr *addr, uint8_t *bits)
{
    int err = read_net(text, addr, bits);

    return !err && !bits_are_zero_from(addr, *bits) ? -UE_RANGE : err;
}

bool conf_net_around(const char *text, char out[CONF_NET_MAX])
{
    struct net_addr addr;
    char host[ADDR_TEXT_MAX];
    uint8_t bits;

    if (read_net(text, &addr, &bits) != 0 || bits_are_zero_from(&addr, bits))
        return false;
    for (unsigned b = bits; b < 128; b++)
        addr.bytes[b / 8] &= (uint8_t)~(0x80 >> b % 8);
    snprintf(out, CONF_NET_MAX, "%s/%u", addr_to_text(&addr, host), bits);
    return true;
}

