#include "daemon/responder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/built.h"
#include "daemon/follow.h"
#include "daemon/logger.h"
#include "daemon/place.h"
#include "host/clock.h"
#include "io/local.h"
#include "io/socket.h"

#define HELPER "simple-utcd-xdp"
#define PATIENCE_MS 10000       /* for the kernel to prove and take the program */
#define WRITE_EVERY_NS NS_PER_S
#define ADDRESSES_MAX 256
#define GONE "the interface was taken away; one that comes in its place is attached at the next start"

_Static_assert(XDP_INTERFACES_MAX <= 32, "a bit for each");

static void say_why(struct responder *r, const char *why) { snprintf(r->loaded.text, sizeof r->loaded.text, "%s", why); }

/* -- the helper ---------------------------------------------------------------------------------------------------- */

static void become_helper(int fd, const struct ntp_options *o, bool guarded)
{
    static const char *const mode[] = { [NTP_XDP_AUTO] = "auto", [NTP_XDP_DRIVER] = "driver", [NTP_XDP_GENERIC] = "generic" };
    char path[PLACE_PATH_MAX];
    const char *argv[4 + OPTION_LIST_MAX] = { HELPER, mode[o->xdp], guarded ? "1" : "0" };

    for (uint32_t i = 0; i < o->xdp_interfaces.count; i++)
        argv[3 + i] = o->xdp_interfaces.item[i].s;
    if (fd == XDP_LOADED_FD)
        fcntl(fd, F_SETFD, 0);
    else if (dup2(fd, XDP_LOADED_FD) < 0)
        _exit(1);
    place_of_helper(HELPER, path);
    execv(path, (char *const *)argv);
    _exit(127);
}

/* The message and its descriptors. Returns how many came, -1 for none that makes sense. */
static int take_message(int fd, struct xdp_loaded *told, int got[XDP_FDS_MAX])
{
    union { struct cmsghdr align; uint8_t bytes[CMSG_SPACE(XDP_FDS_MAX * sizeof(int))]; } control;
    struct iovec iov = { told, sizeof *told };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control };
    ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    const struct cmsghdr *c = n == (ssize_t)sizeof *told ? CMSG_FIRSTHDR(&m) : NULL;
    size_t fds = c && c->cmsg_type == SCM_RIGHTS ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

    if (fds > 0)
        memcpy(got, CMSG_DATA(c), fds * sizeof(int));
    if (n != (ssize_t)sizeof *told || told->maps > XDP_MAPS_MAX || told->maps > fds || told->interfaces > XDP_INTERFACES_MAX)
        return -1;
    return (int)fds;
}

static int run_helper(struct responder *r, const struct ntp_options *o, bool guarded, int got[XDP_FDS_MAX])
{
    struct pollfd p = { .events = POLLIN };
    int end[2], fds = -1, status = 0;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end) != 0)
        return -1;
    pid = fork();
    if (pid == 0)
        become_helper(end[1], o, guarded);
    close(end[1]);
    p.fd = end[0];
    if (pid > 0 && poll(&p, 1, PATIENCE_MS) == 1)
        fds = take_message(end[0], &r->loaded, got);
    close(end[0]);
    if (pid > 0 && fds < 0)
        kill(pid, SIGKILL);
    if (pid > 0)
        waitpid(pid, &status, 0);
    if (fds < 0)
        say_why(r, WIFEXITED(status) && WEXITSTATUS(status) == 127 ? "the program " HELPER " is missing" : HELPER " ended without a word");
    return fds;
}

/* -- maps and links ------------------------------------------------------------------------------------------------ */

static void *map_memory(int fd, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return p == MAP_FAILED ? NULL : p;
}

/* The maps live as long as they are mapped here or the program is attached. */
static bool map_all(struct responder *r, const int *got, bool guarded)
{
    r->stats = map_memory(got[XDP_MAP_STATS], r->loaded.cpus * sizeof *r->stats);
    r->clients = guarded && r->loaded.maps > XDP_MAP_CLIENTS ? map_memory(got[XDP_MAP_CLIENTS], sizeof *r->clients) : NULL;
    r->mirror = r->stats && (!guarded || r->clients) ? map_memory(got[XDP_MAP_MIRROR], sizeof *r->mirror) : NULL;
    return r->mirror != NULL;
}

void responder_start(struct responder *r, const struct ntp_options *o, bool guarded)
{
    int got[XDP_FDS_MAX], fds;

    memset(r, 0, sizeof *r);
    r->wanted = o->xdp != NTP_XDP_OFF;
    if (!r->wanted)
        return;
    if (!SIMPLE_UTCD_XDP) {
        say_why(r, "it is not built in (meson setup -Dxdp=enabled)");
        return;
    }
    fds = run_helper(r, o, guarded, got);
    if (fds <= 0)
        return;
    if (fds > (int)r->loaded.maps && map_all(r, got, guarded))
        while (r->links + r->loaded.maps < (unsigned)fds) {
            r->link[r->links] = got[r->loaded.maps + r->links];
            r->links++;
        }
    for (int i = 0; i < (r->mirror ? (int)r->loaded.maps : fds); i++)
        close(got[i]);
}

void responder_leave(struct responder *r)
{
    while (r->links > 0)
        close(r->link[--r->links]);
}

void responder_forget(struct responder *r)
{
    if (r->mirror)
        munmap(r->mirror, sizeof *r->mirror);
    r->mirror = NULL;
}

/* -- places -------------------------------------------------------------------------------------------------------- */

static void write_places(struct responder *r)
{
    static struct xdp_listener listener[LISTENERS_MAX];
    static struct local_addr local[ADDRESSES_MAX];
    int locals = io_local_addresses(local, ADDRESSES_MAX);
    unsigned n = 0, kept = 0, left_out;

    for (unsigned i = 0; i < r->listeners->count; i++) {
        const struct listener *l = &r->listeners->item[i];

        if (!l->removed && l->fd >= 0 && !l->stream && !l->smeared && l->worker == 0)
            listener[n++] = (struct xdp_listener){ l->at, l->ifindex, l->service, l->list, (uint8_t)(r->listeners->dscp << 2) };
    }
    for (int i = 0; i < locals && i < ADDRESSES_MAX; i++)
        for (uint32_t k = 0; k < r->loaded.interfaces; k++)
            if (r->loaded.interface[k].on && r->loaded.interface[k].ifindex == local[i].ifindex)
                local[kept++] = local[i];
    left_out = xdp_places_publish(r->mirror, listener, n, local, kept);
    if (left_out > r->left_out)
        logger_say("XDP: %u addresses more than there is room for; the sockets answer there", left_out);
    r->left_out = left_out;
}

/* The kernel took the program off with the interface, and one that is made anew by that name is another one. */
static void look_for_gone(struct responder *r)
{
    for (uint32_t i = 0; i < r->loaded.interfaces; i++) {
        const struct xdp_interface *at = &r->loaded.interface[i];

        if (!at->on || *r->gone >> i & 1 || io_local_is_there(at->ifindex))
            continue;
        *r->gone |= 1u << i;
        logger_say("no XDP on %s any more: " GONE, at->name);
    }
}

void responder_rewrite(struct responder *r)
{
    if (!r->mirror || !r->listeners)
        return;
    look_for_gone(r);
    write_places(r);
}

void responder_follow(struct responder *r, struct follow *f, uint32_t *gone)
{
    r->listeners = f->listeners;
    r->gone = gone;
    f->responder = r;
    responder_rewrite(r);
}

/* -- the clock ----------------------------------------------------------------------------------------------------- */

struct mono_ns responder_write(const struct responder *r, const struct serve_options *o, const struct page_data *page, double system_rate_ppm)
{
    struct host_boot now = host_boot();
    struct xdp_clocks clocks = { now.raw, now.boot_ns, system_rate_ppm * 1e-6 };
    struct xdp_moment moment;
    struct mono_ns end = xdp_moment_make(o, page, &clocks, &moment);

    xdp_moment_publish(r->mirror, &moment);
    return mono_min(end, mono_add(now.raw, (struct dur_ns){ WRITE_EVERY_NS }));
}

/* -- what people see ----------------------------------------------------------------------------------------------- */

void responder_tell(const struct responder *r)
{
    if (r->wanted && r->loaded.maps == 0)
        logger_say("no XDP: %s; the sockets answer everything", r->loaded.text);
    for (uint32_t i = 0; i < r->loaded.interfaces; i++)
        logger_say(r->loaded.interface[i].on ? "XDP on %s: %s" : "no XDP on %s: %s; the sockets answer there", r->loaded.interface[i].name,
                   r->loaded.interface[i].text);
}

void responder_picture(const struct responder *r, uint32_t gone, struct snapshot *out)
{
    out->xdp_count = r->loaded.interfaces;
    for (uint32_t i = 0; i < r->loaded.interfaces; i++) {
        bool is_gone = gone >> i & 1;

        out->xdp[i] = (struct snapshot_card){ .on = r->loaded.interface[i].on && !is_gone };
        snprintf(out->xdp[i].name, sizeof out->xdp[i].name, "%s", r->loaded.interface[i].name);
        snprintf(out->xdp[i].text, sizeof out->xdp[i].text, "%s", is_gone ? GONE : r->loaded.interface[i].text);
    }
}
