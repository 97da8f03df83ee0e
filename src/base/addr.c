#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/err.h"

static bool is_zero(const uint8_t *p, size_t n)
{
    while (n > 0 && p[n - 1] == 0)
        n--;
    return n == 0;
}

/* ::ffff:a.b.c.d speaks IPv4: judged by what it carries. */
static const uint8_t *ipv4_bytes(const struct net_addr *a)
{
    if (a->family == ADDR_IPV4)
        return a->bytes;
    if (a->family == ADDR_IPV6 && is_zero(a->bytes, 10) && a->bytes[10] == 0xff && a->bytes[11] == 0xff)
        return a->bytes + 12;
    return 0;
}

bool addr_is_usable_server_ipv6(const struct net_addr *a)
{
    const uint8_t *v4 = ipv4_bytes(a);

    if (v4)
        return v4[0] != 0 && v4[0] < 224;
    return a->family == ADDR_IPV6 && !is_zero(a->bytes, 16) && a->bytes[0] != 0xff;
}

bool addr_is_loopback(const struct net_addr *a)
{
    const uint8_t *v4 = ipv4_bytes(a);

    if (v4)
        return v4[0] == 127;
    return a->family == ADDR_IPV6 && is_zero(a->bytes, 15) && a->bytes[15] == 1;
}

bool addr_is_private(const struct net_addr *a)
{
    const uint8_t *v4 = ipv4_bytes(a);

    if (v4)
        return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) || (v4[0] == 192 && v4[1] == 168) || (v4[0] == 169 && v4[1] == 254);
    return a->family == ADDR_IPV6 && ((a->bytes[0] & 0xfe) == 0xfc || (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80));
}

const char *addr_to_text(const struct net_addr *a, char *out)
{
    char host[INET6_ADDRSTRLEN] = "", scope[12] = "", port[8] = "";

    if (a->family == ADDR_NONE)
        return strcpy(out, "none");
    inet_ntop(a->family == ADDR_IPV4 ? AF_INET : AF_INET6, a->bytes, host, sizeof host);
    if (a->scope)
        snprintf(scope, sizeof scope, "%%%u", (unsigned)a->scope);
    if (a->port)
        snprintf(port, sizeof port, ":%u", a->port);
    if (a->family == ADDR_IPV6 && a->port)
        snprintf(out, ADDR_TEXT_MAX, "[%s%s]%s", host, scope, port);
    else
        snprintf(out, ADDR_TEXT_MAX, "%s%s%s", host, scope, port);
    return out;
}

/* A decimal number that fills the whole text. */
static int number_from_text(const char *s, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;

    if (*s == '\0')
        return -UE_SYNTAX;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return -UE_SYNTAX;
        v = v * 10 + (uint64_t)(*s - '0');
        if (v > max)
            return -UE_RANGE;
    }
    *out = (uint32_t)v;
    return 0;
}

static int host_from_text(char *host, struct net_addr *a)
{
    char *percent = strchr(host, '%');

    if (strcmp(host, "*") == 0) {
        a->family = ADDR_IPV6;
        return 0;
    }
    if (percent) {
        int err = number_from_text(percent + 1, UINT32_MAX, &a->scope);

        if (err)
            return err;
        *percent = '\0';
    }
    if (!percent && inet_pton(AF_INET, host, a->bytes) == 1) {
        a->family = ADDR_IPV4;
        return 0;
    }
    a->family = ADDR_IPV6;
    return inet_pton(AF_INET6, host, a->bytes) == 1 ? 0 : -UE_SYNTAX;
}

/* Splits "host", "host:port", "[host]:port"; a bare IPv6 address has no port. *port is NULL when there is none. */
static int split_port(char *text, char **host, char **port)
{
    char *close, *colon;

    *host = text;
    *port = NULL;
    if (*text == '[') {
        *host = text + 1;
        close = strchr(text, ']');
        if (!close || (close[1] != '\0' && close[1] != ':'))
            return -UE_SYNTAX;
        if (close[1] == ':')
            *port = close + 2;
        *close = '\0';
        return 0;
    }
    colon = strchr(text, ':');
    if (colon && !strchr(colon + 1, ':')) {
        *port = colon + 1;
        *colon = '\0';
    }
    return 0;
}

int addr_from_text(const char *text, uint16_t default_port, struct net_addr *out)
{
    struct net_addr a = { 0 };
    char copy[ADDR_TEXT_MAX], *host, *port;
    uint32_t number = default_port;
    int err;

    if (strlen(text) >= sizeof copy)
        return -UE_SYNTAX;
    err = split_port(strcpy(copy, text), &host, &port);
    if (!err && port) {
        err = number_from_text(port, 65535, &number);
        if (!err && number == 0)
            err = -UE_RANGE;
    }
    if (!err)
        err = host_from_text(host, &a);
    if (err)
        return err;
    a.port = (uint16_t)number;
    *out = a;
    return 0;
}

/* The name behind the first percent sign; its length, 0 when there is none or it is a scope's number. */
static size_t interface_in(const char *text, const char **name)
{
    const char *percent = strchr(text, '%');
    size_t len = percent ? strcspn(percent + 1, "]:") : 0;

    if (percent && strspn(percent + 1, "0123456789") >= len)
        return 0;
    *name = percent ? percent + 1 : NULL;
    return len;
}

int addr_at_from_text(const char *text, uint16_t default_port, struct net_addr *out, char interface[ADDR_INTERFACE_MAX])
{
    char plain[ADDR_AT_TEXT_MAX];
    const char *name = NULL;
    size_t len = interface_in(text, &name), before = name ? (size_t)(name - 1 - text) : 0;
    int err;

    if (len == 0) {
        err = addr_from_text(text, default_port, out);
    } else {
        if (len >= ADDR_INTERFACE_MAX || strcspn(name, " \t/[%") < len || strlen(text) >= sizeof plain)
            return -UE_SYNTAX;
        if (*text != '[' && name[len] == ':' && memchr(text, ':', before)) /* "::1%eth0:123": whose is the 123? */
            return -UE_SYNTAX;
        memcpy(plain, text, before);
        strcpy(plain + before, name + len);
        err = addr_from_text(plain, default_port, out);
    }
    if (err)
        return err;
    memset(interface, 0, ADDR_INTERFACE_MAX);
    memcpy(interface, len ? name : "", len);
    return 0;
}

const char *addr_at_to_text(const struct net_addr *a, const char *interface, char out[ADDR_AT_TEXT_MAX])
{
    char plain[ADDR_TEXT_MAX];
    size_t before;

    addr_to_text(a, plain);
    before = a->port == 0 ? strlen(plain) : a->family == ADDR_IPV6 ? strcspn(plain, "]") : strcspn(plain, ":");
    snprintf(out, ADDR_AT_TEXT_MAX, "%.*s%s%s%s", (int)before, plain, *interface ? "%" : "", interface, plain + before);
    return out;
}
