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

/* Memory for the program, by a descriptor that it inherits. Returns it, or NULL with *err. */
static void *make_memory(size_t size, int *fd, int *err)
{
    void *at;

    *fd = memfd_create("simple-utcd-ke", MFD_CLOEXEC);
    if (*fd < 0 || ftruncate(*fd, (off_t)size) != 0) {
        *err = io_error(errno);
        return NULL;
    }
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    *err = at == MAP_FAILED ? -UE_MEMORY : 0;
    return at == MAP_FAILED ? NULL : at;
}

static int make_shared(struct ke_role *k)
{
    int err;

    k->picture = make_memory(sizeof *k->picture, &k->picture_fd, &err);
    if (k->picture)
        k->shared = make_memory(sizeof *k->shared, &k->shared_fd, &err);
    if (k->shared)
        madvise(k->shared, sizeof *k->shared, MADV_DONTDUMP);
    return err;
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
    k->shared->magic = KE_MAGIC;
    k->shared->listeners = k->count;
    k->shared->certified = o->nts.listen.count;
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
    mprotect((void *)(uintptr_t)k->picture, sizeof *k->picture, PROT_READ);
    close(k->shared_fd);
    close(k->picture_fd);
    while (k->count > 0)
        close(k->listener[--k->count]);
    k->shared = NULL;
}

/* Two steps, so that no descriptor is overwritten that is still to be moved. */
void ke_role_become(const struct ke_role *k)
{
    const int beyond = KE_LISTEN_FD + KE_LISTENERS_MAX;
    char path[PLACE_PATH_MAX];
    int fd[2 + KE_LISTENERS_MAX];

    for (unsigned i = 0; i < 2 + k->count; i++) {
        fd[i] = fcntl(i == 0 ? k->shared_fd : i == 1 ? k->picture_fd : k->listener[i - 2], F_DUPFD_CLOEXEC, beyond);
        if (fd[i] < 0)
            return;
    }
    for (unsigned i = 0; i < 2 + k->count; i++)
        if (dup2(fd[i], KE_SHARED_FD + (int)i) < 0)
            return;
    place_of_helper("simple-utcd-ke", path);
    loop_release_signals();
    execl(path, "simple-utcd-ke", "server", (char *)NULL);
}
