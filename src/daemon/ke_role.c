#include "daemon/ke_role.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/loop.h"
#include "daemon/place.h"
#include "io/socket.h"
#include "io/tcp.h"

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
    k->shared_fd = memfd_create("simple-utcd-ke", MFD_CLOEXEC);
    if (k->shared_fd < 0)
        return io_error(errno);
    if (ftruncate(k->shared_fd, sizeof *k->shared) != 0)
        return io_error(errno);
    k->shared = mmap(NULL, sizeof *k->shared, PROT_READ | PROT_WRITE, MAP_SHARED, k->shared_fd, 0);
    if (k->shared == MAP_FAILED) {
        k->shared = NULL;
        return -UE_MEMORY;
    }
    madvise(k->shared, sizeof *k->shared, MADV_DONTDUMP);
    return 0;
}

int ke_role_open(struct ke_role *k, const struct daemon_options *o, const struct host_user *user, struct inherited *inherited, struct net_addr *at)
{
    int err;

    *k = (struct ke_role){ .shared_fd = -1 };
    if (o->nts.listen.count == 0)
        return 0;
    err = open_listeners(k, &o->nts.listen, inherited, at);
    if (err)
        return err;
    at->family = ADDR_NONE;
    err = make_shared(k);
    if (err)
        return err;
    k->shared->magic = KE_MAGIC;
    k->shared->listeners = k->count;
    k->shared->options = o->nts;
    k->shared->ntp_port = (uint16_t)(o->nts.ntp_port ? o->nts.ntp_port : o->ntp.listen.item[0].port);
    k->shared->has_user = user != NULL;
    k->shared->uid = user ? user->uid : 0;
    k->shared->gid = user ? user->gid : 0;
    return 0;
}

void ke_role_change(struct ke_role *k, const struct nts_options *o)
{
    if (k->shared)
        k->shared->options = *o;
}

void ke_role_forget(struct ke_role *k)
{
    if (!k->shared)
        return;
    munmap(k->shared, sizeof *k->shared);
    close(k->shared_fd);
    while (k->count > 0)
        close(k->listener[--k->count]);
    k->shared = NULL;
}

/* Two steps, so that no descriptor is overwritten that is still to be moved. */
void ke_role_become(const struct ke_role *k)
{
    const int beyond = KE_LISTEN_FD + OPTION_LIST_MAX;
    char path[PLACE_PATH_MAX];
    int fd[1 + OPTION_LIST_MAX];

    for (unsigned i = 0; i <= k->count; i++) {
        fd[i] = fcntl(i ? k->listener[i - 1] : k->shared_fd, F_DUPFD_CLOEXEC, beyond);
        if (fd[i] < 0)
            return;
    }
    for (unsigned i = 0; i <= k->count; i++)
        if (dup2(fd[i], KE_SHARED_FD + (int)i) < 0)
            return;
    place_of_helper("simple-utcd-ke", path);
    loop_release_signals();
    execl(path, "simple-utcd-ke", "server", (char *)NULL);
}
