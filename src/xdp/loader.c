/* simple-utcd-xdp: loads the program, attaches it to interfaces, hands everything to the parent (xdp/loaded.h) and ends. A program of its own, so that
 * libbpf is never mapped where time is kept and served. */
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "serve/serve.h"
#include "xdp/loaded.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion" /* generated */
#include "xdp/program.skel.h"
#pragma GCC diagnostic pop

_Static_assert(sizeof(struct serve_stats) % 8 == 0, "rows of a map begin every 8 bytes");

struct load {
    struct xdp_program *program;
    struct xdp_loaded told;
    unsigned fds;
    int fd[XDP_FDS_MAX];
};

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
    (void)level;
    (void)format;
    (void)args;
    return 0;
}

static void tell(char text[XDP_TEXT_MAX], const char *what, const char *more) { snprintf(text, XDP_TEXT_MAX, "%s%s", what, more); }

static void hand_over(struct load *l, int fd) { l->fd[l->fds++] = fd; }

/* -- the program --------------------------------------------------------------------------------------------------- */

static void tell_load_error(char text[XDP_TEXT_MAX], int error)
{
    if (error == EPERM)
        tell(text, "no right to load BPF programs: that takes root, or CAP_BPF and CAP_NET_ADMIN", "");
    else if (error == ENOSYS)
        tell(text, "this kernel has no BPF", "");
    else
        tell(text, "this kernel does not take the program (Linux 5.12 or later is needed): ", strerror(error));
}

static bool load(struct load *l, bool guarded)
{
    int cpus = libbpf_num_possible_cpus(), err;

    l->program = xdp_program__open();
    if (!l->program || cpus < 1) {
        tell(l->told.text, "the program cannot be read", "");
        return false;
    }
    l->program->rodata->guarded = guarded;
    bpf_map__set_max_entries(l->program->maps.stats, (uint32_t)cpus);
    bpf_map__set_autocreate(l->program->maps.clients, guarded);
    err = xdp_program__load(l->program);
    if (err) {
        tell_load_error(l->told.text, -err);
        return false;
    }
    l->told.cpus = (uint32_t)cpus;
    hand_over(l, bpf_map__fd(l->program->maps.mirror));
    hand_over(l, bpf_map__fd(l->program->maps.stats));
    if (guarded)
        hand_over(l, bpf_map__fd(l->program->maps.clients));
    l->told.maps = l->fds;
    return true;
}

/* -- interfaces ---------------------------------------------------------------------------------------------------- */

struct way { const char *name; uint32_t flags; const char *told; };

static const struct way ways[] = {
    { "driver", XDP_FLAGS_DRV_MODE, "in the driver" },
    { "generic", XDP_FLAGS_SKB_MODE, "generic: before the network stack, but behind the driver" },
};

static bool is_loopback(const char *name)
{
    struct ifreq r = { 0 };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool yes;

    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    yes = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &r) == 0 && r.ifr_flags & IFF_LOOPBACK;
    if (fd >= 0)
        close(fd);
    return yes;
}

static void tell_attach_error(char text[XDP_TEXT_MAX], int error)
{
    switch (error) {
    case EBUSY: case EEXIST: tell(text, "another XDP program is attached there (ip link shows it)", ""); break;
    case EOPNOTSUPP: tell(text, "its driver has no XDP; ntp.xdp: generic works without the driver", ""); break;
    case EPERM: tell(text, "no right to attach: that takes root or CAP_NET_ADMIN", ""); break;
    case ERANGE: tell(text, "its driver refuses, often for an MTU or a number of queues that is too large", ""); break;
    default: tell(text, "the system refuses: ", strerror(error));
    }
}

/* Returns the link's descriptor or a negative errno; `how` is what worked. */
static int attach(struct load *l, uint32_t ifindex, const char *mode, const struct way **how)
{
    int fd = -EINVAL;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const struct bpf_link_create_opts options = { .sz = sizeof options, .flags = ways[i].flags };

        if (strcmp(mode, "auto") != 0 && strcmp(mode, ways[i].name) != 0)
            continue;
        *how = &ways[i];
        fd = bpf_link_create(bpf_program__fd(l->program->progs.respond), (int)ifindex, BPF_XDP, &options);
        if (fd >= 0)
            return fd;
    }
    return fd;
}

static void take_interface(struct load *l, const char *name, const char *mode)
{
    struct xdp_interface *i = &l->told.interface[l->told.interfaces++];
    const struct way *how = NULL;
    int fd;

    snprintf(i->name, sizeof i->name, "%s", name);
    i->ifindex = if_nametoindex(name);
    if (i->ifindex == 0) {
        tell(i->text, "there is no interface of this name", "");
        return;
    }
    if (is_loopback(name)) {
        tell(i->text, "a loopback interface has no driver and no cable: its sockets are its fast path", "");
        return;
    }
    fd = attach(l, i->ifindex, mode, &how);
    if (fd < 0) {
        tell_attach_error(i->text, -fd);
        return;
    }
    i->on = true;
    tell(i->text, how->told, "");
    hand_over(l, fd);
}

/* -- the message --------------------------------------------------------------------------------------------------- */

static int send_all(struct load *l)
{
    union { struct cmsghdr align; uint8_t bytes[CMSG_SPACE(sizeof l->fd)]; } control = { 0 };
    struct iovec iov = { &l->told, sizeof l->told };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
    struct cmsghdr *c;

    if (l->fds > 0) {
        m.msg_control = control.bytes;
        m.msg_controllen = CMSG_SPACE(l->fds * sizeof(int));
        c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(l->fds * sizeof(int));
        memcpy(CMSG_DATA(c), l->fd, l->fds * sizeof(int));
    }
    return sendmsg(XDP_LOADED_FD, &m, MSG_NOSIGNAL) == (ssize_t)sizeof l->told ? 0 : 1;
}

int main(int argc, char **argv)
{
    static struct load l;

    if (argc < 4 || argc > 3 + XDP_INTERFACES_MAX) {
        fputs("simple-utcd-xdp is started by simple-utcd; see ntp.xdp in simple-utcd.yaml(5)\n", stderr);
        return 2;
    }
    libbpf_set_print(silent);
    if (load(&l, argv[2][0] == '1'))
        for (int i = 3; i < argc; i++)
            take_interface(&l, argv[i], argv[1]);
    return send_all(&l);
}
