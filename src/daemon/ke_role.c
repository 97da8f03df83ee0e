#include "daemon/ke_role.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/become.h"
#include "io/tcp.h"

#define KE_PROGRAM "simple-utcd-ke"
#define KE_TUNABLES "glibc.malloc.tcache_count=127" /* freed blocks of a size at hand: a handshake needs more than the usual 7. Heeded at a start only */

_Static_assert(KE_SHARED_FD == BECOME_FIRST_FD && KE_PICTURE_FD == KE_SHARED_FD + 1 && KE_LISTEN_FD == KE_PICTURE_FD + 1 &&
                   KE_LISTENERS_MAX + 2 <= BECOME_FDS_MAX,
               "descriptors lie in a row");

static int open_listener(const struct net_addr *at, const char *interface, struct inherited *inherited)
{
    int fd = interface[0] ? -1 : inherited_take(inherited, at, true);

    return fd < 0 ? io_tcp_listen(at, interface) : io_tcp_adopt(fd);
}

static int open_listeners(struct ke_role *k, const struct option_addrs *listen, struct inherited *inherited, struct net_addr *at)
{
    for (uint32_t i = 0; i < listen->count; i++) {
        *at = listen->item[i];
        k->listener[k->count] = open_listener(at, listen->interface[i], inherited);
        if (k->listener[k->count] < 0)
            return k->listener[k->count];
        k->count++;
    }
    return 0;
}

static int make_shared(struct ke_role *k)
{
    k->picture = become_shared(KE_PROGRAM "-picture", sizeof *k->picture, &k->picture_fd);
    k->shared = become_shared(KE_PROGRAM, sizeof *k->shared, &k->shared_fd);
    if (!k->picture || !k->shared)
        return -UE_MEMORY;
    madvise(k->shared, sizeof *k->shared, MADV_DONTDUMP);
    return 0;
}

/* Where nothing says it, that of the first listener; `otherwise` where there is none. */
static uint16_t port_to_tell(const struct daemon_options *o, uint16_t otherwise)
{
    if (o->nts.ntp_port)
        return (uint16_t)o->nts.ntp_port;
    return o->ntp.listen.count > 0 ? o->ntp.listen.item[0].port : otherwise;
}

int ke_role_open(struct ke_role *k, const struct daemon_options *o, const struct host_user *user, struct inherited *inherited, struct net_addr *at)
{
    int err;

    *k = (struct ke_role){ .shared_fd = -1, .picture_fd = -1 };
    if (o->nts.listen.count + o->nts.certified_listen.count == 0)
        return 0;
    err = open_listeners(k, &o->nts.listen, inherited, at);
    if (!err)
        err = open_listeners(k, &o->nts.certified_listen, inherited, at);
    if (err)
        return err;
    at->family = ADDR_NONE;
    err = make_shared(k);
    if (err)
        return err;
    k->orders = (struct ke_orders){
        .magic = KE_MAGIC,
        .listeners = k->count,
        .certified = o->nts.listen.count,
        .options = o->nts,
        .ntp_port = port_to_tell(o, 0),
        .has_user = user != NULL,
        .uid = user ? user->uid : 0,
        .gid = user ? user->gid : 0,
    };
    ke_role_order(k);
    return 0;
}

void ke_role_order(const struct ke_role *k) { k->shared->orders = k->orders; }

void ke_role_change(struct ke_role *k, const struct daemon_options *o)
{
    if (!k->shared)
        return;
    k->orders.options = o->nts;
    k->orders.ntp_port = port_to_tell(o, k->orders.ntp_port);
    ke_role_order(k);
}

void ke_role_forget(struct ke_role *k)
{
    if (!k->shared)
        return;
    munmap(k->shared, sizeof *k->shared);
    mprotect((void *)(uintptr_t)k->picture, sizeof *k->picture, PROT_READ);
    close(k->shared_fd);
    close(k->picture_fd);
    while (k->count > 0)
        close(k->listener[--k->count]);
    k->shared = NULL;
}

void ke_role_become(const struct ke_role *k)
{
    int fd[2 + KE_LISTENERS_MAX] = { k->shared_fd, k->picture_fd };

    for (unsigned i = 0; i < k->count; i++)
        fd[2 + i] = k->listener[i];
    if (k->shared)
        ke_role_order(k);
    setenv("GLIBC_TUNABLES", KE_TUNABLES, 0);
    become_helper(KE_PROGRAM, "server", fd, 2 + k->count);
}
