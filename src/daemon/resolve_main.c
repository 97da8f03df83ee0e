/* simple-utcd-resolve: names in, addresses out, over the socket it was started with. Ends when idle; the next question starts it anew, with fresh
 * resolver settings. */
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "daemon/resolve.h"
#include "host/privilege.h"
#include "host/sandbox.h"
#include "io/socket.h"

/* A link-local address with its interface is looked up as names are. */
static int error_of(int gai, const char *name)
{
    const char *interface = strchr(name, '%');

    if (interface && if_nametoindex(interface + 1) == 0)
        return -UE_NO_INTERFACE;
    return gai == EAI_AGAIN || gai == EAI_SYSTEM ? -UE_UNREACHABLE : gai == EAI_MEMORY ? -UE_MEMORY : -UE_NO_NAME;
}

static void collect(const struct addrinfo *list, struct resolve_answer *a)
{
    for (; list && a->count < RESOLVE_ADDRESSES_MAX; list = list->ai_next) {
        union io_sockaddr sa;
        struct net_addr addr;

        if (list->ai_addrlen > sizeof sa)
            continue;
        memcpy(&sa, list->ai_addr, list->ai_addrlen);
        addr = io_addr_from(&sa);
        addr.port = 0;
        if (addr_is_usable_server(&addr))
            a->addr[a->count++] = addr;
    }
}

static void look_up(const struct resolve_question *q, struct resolve_answer *a)
{
    struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_ADDRCONFIG }, *list = NULL;
    int gai = getaddrinfo(q->name, NULL, &hints, &list);

    if (gai == 0)
        collect(list, a);
    a->err = gai != 0 ? error_of(gai, q->name) : a->count == 0 ? -UE_NO_NAME : 0;
    if (list)
        freeaddrinfo(list);
}

int main(int argc, char **argv)
{
    struct pollfd p = { RESOLVE_FD, POLLIN, 0 };
    struct resolve_question q;
    struct host_user user;
    bool becomes = argc == 2 && host_user_from_text(argv[1], &user);

    if (host_confine(HOST_RIGHT_NONE, becomes ? &user : NULL) != 0)
        return 1;
    sandbox_read_only();
    while (poll(&p, 1, RESOLVE_IDLE_MS) > 0) {
        struct resolve_answer a = { 0 };

        if (recv(RESOLVE_FD, &q, sizeof q, 0) != (ssize_t)sizeof q || memchr(q.name, '\0', sizeof q.name) == NULL)
            return 1;
        a.configured = q.configured;
        look_up(&q, &a);
        if (send(RESOLVE_FD, &a, sizeof a, MSG_NOSIGNAL) < 0)
            return 1;
    }
    return 0;
}
