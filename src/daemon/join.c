#include "daemon/join.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/become.h"
#include "daemon/built.h"
#include "daemon/exit.h"
#include "daemon/follow.h"
#include "daemon/random.h"
#include "daemon/setup.h"
#include "io/socket.h"
#include "io/unix.h"

#define SOCKET_MODE 0666            /* who connects is looked at */
#define PRIVATE_FD (BECOME_FIRST_FD + 2 * BECOME_FDS_MAX) /* out of the way of become_helper */
#define WAIT_MIN_NS (20 * NS_PER_MS)
#define WAIT_MAX_NS NS_PER_S
#define REFUSED_REST_S 2            /* a service manager would start us again at once */
#define PART(p) (1u << (p))

/* What of it is nobody's to write but the parent's, core's or ke's. */
#define READ_ONLY (PART(SHARED_PAGE) | PART(SHARED_SETS) | PART(SHARED_HARDWARE) | PART(SHARED_KE))

static const unsigned parts_of[ROLE_SERVE + 1] = {
    [ROLE_CLOCK] = PART(SHARED_STATE) | PART(SHARED_STEPS) | PART(SHARED_SETS),
    [ROLE_SERVE] = PART(SHARED_STATE) | PART(SHARED_SETS) | PART(SHARED_PAGE) | PART(SHARED_GUARD) | PART(SHARED_INTERLEAVE) | PART(SHARED_HARDWARE) |
                   PART(SHARED_KE),
};

static const size_t size_of[SHARED_PARTS] = {
    [SHARED_PAGE] = sizeof(struct page), [SHARED_STATE] = sizeof(struct shared_state), [SHARED_STEPS] = sizeof(struct shared_steps),
    [SHARED_SETS] = sizeof(struct config_sets), [SHARED_GUARD] = sizeof(struct guard), [SHARED_INTERLEAVE] = sizeof(struct interleave),
    [SHARED_HARDWARE] = sizeof(struct hardware_lines), [SHARED_KE] = sizeof(struct ke_shared),
};

/* The first descriptors of the message are the bell, and the channel of roles that have one; then parts, or what a program of its own takes. */
struct hello {
    char version[32];
    uint64_t size;                  /* of all that is shared: another build is another size, more often than not */
    uint32_t role, parts, count;    /* parts: a set; count: of listeners of a program */
    uint32_t steer_over;            /* of struct listeners */
    bool hardware;                  /* cards stamp */
    char run_dir[RUN_PATH_MAX];
};

static enum role kind_of(enum role r) { return r < ROLE_SERVE ? r : ROLE_SERVE; }

static uint64_t size_of_all(void)
{
    uint64_t sum = sizeof(struct setup) + sizeof(struct admin_shared);

    for (unsigned i = 0; i < SHARED_PARTS; i++)
        sum = sum * 31 + size_of[i];
    return sum;
}

/* -- the parent's side ----------------------------------------------------------------------------------------------- */

const char *join_find_users(struct join *j, const struct process_options *o)
{
    const char *const name[ROLE_SERVE + 1] = {
        [ROLE_CLOCK] = o->clock_user.s, [ROLE_KE] = o->ke_user.s, [ROLE_ADMIN] = o->admin_user.s, [ROLE_SERVE] = o->serve_user.s,
    };

    for (int r = 0; r <= ROLE_SERVE; r++) {
        const struct passwd *pw = name[r] && name[r][0] ? getpwnam(name[r]) : NULL;

        if (!name[r] || name[r][0] == '\0')
            continue;
        for (int other = 0; pw && other < r; other++)
            if (j->has[other] && j->user[other] == pw->pw_uid)
                return name[r];
        if (!pw)
            return name[r];
        j->has[r] = j->any = true;
        j->user[r] = pw->pw_uid;
    }
    return NULL;
}

bool join_has(const struct join *j, enum role r) { return j->has[kind_of(r)]; }

int *join_part(struct join *j, enum shared_part part) { return j->any ? &j->part[part] : NULL; }

/* The same memory by a descriptor that cannot write; -1 where there is none. */
static int read_only(int fd)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void take_away_writing(struct join *j, enum shared_part part, int from)
{
    int fd = from < 0 ? -1 : read_only(from);

    if (part != SHARED_KE && j->part[part] >= 0)
        close(j->part[part]); /* the memory stays mapped */
    j->part[part] = fd;
}

/* What fork inherits as generation 0 has to lie where others can read it. */
static void publish_options(struct setup *s)
{
    struct config_set *first = &s->sets->copy[0];

    first->options = *s->options;
    first->serve = s->serve;
    if (s->options->key_table)
        first->keys = *s->options->key_table;
}

int join_open(struct join *j, struct setup *s)
{
    char path[RUN_PATH_MAX + 16];

    j->fd = -1;
    if (!j->any)
        return 0;
    publish_options(s);
    snprintf(path, sizeof path, "%s/" RUN_DIR_PAGE, s->run_dir);
    j->part[SHARED_PAGE] = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    take_away_writing(j, SHARED_SETS, j->part[SHARED_SETS]);
    take_away_writing(j, SHARED_HARDWARE, j->part[SHARED_HARDWARE]);
    j->part[SHARED_KE] = -1;
    if (s->ke.shared)
        take_away_writing(j, SHARED_KE, s->ke.shared_fd);
    snprintf(path, sizeof path, "%s/" JOIN_SOCKET, s->run_dir);
    j->fd = io_unix_listen_packets(path, SOCKET_MODE);
    return j->fd < 0 ? j->fd : 0;
}

void join_close(struct join *j, const char *run_dir)
{
    char path[RUN_PATH_MAX + 16];

    if (!j->any || j->fd < 0)
        return;
    snprintf(path, sizeof path, "%s/" JOIN_SOCKET, run_dir);
    unlink(path);
    close(j->fd);
    j->fd = -1;
}

int join_role_of(const struct join *j, int connection)
{
    uid_t user;
    pid_t process;

    if (!io_unix_peer(connection, &user, &process))
        return -1;
    for (int r = 0; r <= ROLE_SERVE; r++)
        if (j->has[r] && j->user[r] == user)
            return r;
    return -1;
}

/* Returns how many there are now; what is not there is left out, and with it its bit in *parts. */
static unsigned add_parts(const struct join *j, unsigned wanted, uint32_t *parts, int fd[], unsigned n)
{
    *parts = 0;
    for (unsigned i = 0; i < SHARED_PARTS; i++)
        if ((wanted & PART(i)) && j->part[i] >= 0) {
            *parts |= PART(i);
            fd[n++] = j->part[i];
        }
    return n;
}

static unsigned add_listeners(const int listener[], unsigned count, int fd[], unsigned n)
{
    for (unsigned i = 0; i < count; i++)
        fd[n++] = listener[i];
    return n;
}

/* After the bell. */
static unsigned gather(const struct setup *s, enum role r, struct hello *h, int fd[IO_UNIX_FDS_MAX])
{
    unsigned n = 1;

    if (r == ROLE_KE) {
        ke_role_order(&s->ke);
        fd[n++] = s->ke.shared_fd;
        fd[n++] = s->ke.picture_fd;
        h->count = s->ke.count;
        return add_listeners(s->ke.listener, s->ke.count, fd, n);
    }
    if (r == ROLE_ADMIN) {
        admin_role_order(&s->admin);
        fd[n++] = s->admin.shared_fd;
        fd[n++] = s->admin.own_end;
        h->count = s->admin.count;
        return add_listeners(s->admin.listener, s->admin.count, fd, n);
    }
    fd[n++] = r == ROLE_CLOCK ? s->clock_end : s->channel[r - ROLE_SERVE][1];
    return add_parts(&s->join, parts_of[kind_of(r)], &h->parts, fd, n);
}

/* A worker's listeners come over its channel, as those do that a reload opens. */
static int tell_listeners(const struct setup *s, unsigned worker)
{
    int err = 0;

    for (unsigned i = 0; i < s->listeners.count && !err; i++) {
        const struct listener *l = &s->listeners.item[i];

        if (!l->removed && l->worker == worker)
            err = follow_tell(s->channel[worker][0], i, l, l->fd >= 0);
    }
    return err;
}

void join_refuse(int connection)
{
    const struct hello h = { .version = SIMPLE_UTCD_VERSION, .size = size_of_all(), .role = ROLE_COUNT };

    io_unix_send_fds(connection, &h, sizeof h, NULL, 0);
}

int join_hand_over(struct setup *s, enum role r, int connection)
{
    struct hello h = { .version = SIMPLE_UTCD_VERSION, .size = size_of_all(), .role = r, .steer_over = s->listeners.steer_over,
                       .hardware = hardware_on(&s->hardware) };
    int fd[IO_UNIX_FDS_MAX], bell[2], err = 0;
    unsigned count;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, bell) != 0)
        return io_error(errno);
    memcpy(h.run_dir, s->run_dir, sizeof h.run_dir);
    fd[0] = bell[1];
    count = gather(s, r, &h, fd);
    if (r >= ROLE_SERVE)
        err = tell_listeners(s, r - ROLE_SERVE);
    if (!err)
        err = io_unix_send_fds(connection, &h, sizeof h, fd, count);
    close(bell[1]);
    if (!err)
        return bell[0];
    close(bell[0]);
    return err;
}

/* -- the role's side ------------------------------------------------------------------------------------------------- */

static int refuse(const char *path, const char *why)
{
    fprintf(stderr, "simple-utcd: cannot join the daemon at %s: %s\n", path, why);
    return EXIT_PERMISSION;
}

static bool is_to_come(int err) { return err == -UE_NO_FILE || err == -UE_REFUSED; }

/* The daemon may be started later, or end just now. Returns the connection with what came over it, or -UE_.... */
static int ask_patiently(const char *path, struct hello *h, int fd[IO_UNIX_FDS_MAX], unsigned *count)
{
    int64_t wait_ns = WAIT_MIN_NS;

    for (;;) {
        int connection = io_unix_connect_packets(path), came = 0;

        if (connection < 0 && !is_to_come(connection))
            return connection;
        if (connection >= 0)
            came = io_unix_receive_fds(connection, h, sizeof *h, fd, count, true);
        if (came > 0)
            return connection;
        if (connection >= 0)
            close(connection);
        if (came < 0)
            return came;
        nanosleep(&(struct timespec){ wait_ns / NS_PER_S, wait_ns % NS_PER_S }, NULL);
        wait_ns = wait_ns * 2 < WAIT_MAX_NS ? wait_ns * 2 : WAIT_MAX_NS;
    }
}

/* Whatever happens there becomes that signal, to this process and what it executes. Returns the descriptor that has to stay open, or -1. */
static int heed(int socket, int number)
{
    int fd = fcntl(socket, F_DUPFD, PRIVATE_FD);

    close(socket);
    if (fd < 0 || fcntl(fd, F_SETOWN, getpid()) != 0 || fcntl(fd, F_SETSIG, number) != 0 || fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) != 0)
        return -1;
    return fd;
}

static bool is_gone(int socket)
{
    struct pollfd p = { .fd = socket };

    return poll(&p, 1, 0) != 0;
}

static bool map_parts(const struct hello *h, const int fd[], unsigned count, void *at[SHARED_PARTS])
{
    unsigned n = 0;

    for (unsigned i = 0; i < SHARED_PARTS; i++) {
        at[i] = NULL;
        if (!(h->parts & PART(i)))
            continue;
        at[i] = n < count ? mmap(NULL, size_of[i], READ_ONLY & PART(i) ? PROT_READ : PROT_READ | PROT_WRITE, MAP_SHARED, fd[n], 0) : MAP_FAILED;
        if (at[i] == MAP_FAILED)
            return false;
        madvise(at[i], size_of[i], MADV_DONTDUMP);
        close(fd[n++]);
    }
    return true;
}

void join_options(const struct setup *s, uint32_t generation, struct serve_options *out)
{
    const struct config_set *set = config_set_of(s->sets, generation);

    *out = set->serve;
    out->guard = out->guard ? s->guard_memory : NULL;
    out->interleave = out->interleave ? s->interleave_memory : NULL;
    out->keys = out->keys ? &set->keys : NULL;
    out->nts = out->nts && s->ke.shared ? &s->ke.shared->ring : NULL;
    out->rng = out->nts ? random_stream() : NULL;
}

static void settle(struct setup *s, const struct hello *h, void *const at[SHARED_PARTS])
{
    s->world.page = at[SHARED_PAGE];
    s->world.shared = at[SHARED_STATE];
    s->world.steps = at[SHARED_STEPS];
    s->world.driver = &host_clock_system;
    s->sets = at[SHARED_SETS];
    s->guard_memory = at[SHARED_GUARD];
    s->interleave_memory = at[SHARED_INTERLEAVE];
    s->hardware.lines = at[SHARED_HARDWARE];
    s->hardware.count = h->hardware; /* one card stands for all: serve looks at the lines alone */
    s->ke.shared = at[SHARED_KE];
    s->listeners.steer_over = h->steer_over;
    s->options = &config_set_of(s->sets, s->sets->generation)->options;
}

/* A program of its own finds its memory and listeners in a row. */
static void settle_program(struct setup *s, const struct hello *h, const int fd[])
{
    if (h->role == ROLE_KE) {
        s->ke.shared_fd = fd[0];
        s->ke.picture_fd = fd[1];
        s->ke.count = h->count;
        memcpy(s->ke.listener, &fd[2], h->count * sizeof fd[0]);
        return;
    }
    s->admin.shared_fd = fd[0];
    s->admin.own_end = fd[1];
    s->admin.count = h->count;
    memcpy(s->admin.listener, &fd[2], h->count * sizeof fd[0]);
}

static bool settle_role(struct setup *s, const struct hello *h, const int fd[], unsigned count)
{
    void *at[SHARED_PARTS];

    memcpy(s->run_dir, h->run_dir, sizeof s->run_dir);
    if (h->role == ROLE_KE || h->role == ROLE_ADMIN) {
        settle_program(s, h, fd);
        return count == h->count + 2;
    }
    if (h->role == ROLE_CLOCK)
        s->clock_end = fd[0];
    else
        s->channel[h->role - ROLE_SERVE][1] = fd[0];
    if (!map_parts(h, fd + 1, count - 1, at) || !at[SHARED_STATE] || !at[SHARED_SETS] || (h->role == ROLE_CLOCK ? !at[SHARED_STEPS] : !at[SHARED_PAGE]))
        return false;
    settle(s, h, at);
    return true;
}

int join_enter(struct setup *s, const char *path, enum role wanted, enum role *role)
{
    int fd[IO_UNIX_FDS_MAX];
    struct hello h;
    unsigned count;
    int connection = ask_patiently(path, &h, fd, &count);

    if (connection < 0 && connection != -UE_VERSION)
        return refuse(path, ue_text(connection));
    if (connection < 0 || strncmp(h.version, SIMPLE_UTCD_VERSION, sizeof h.version) != 0 || h.size != size_of_all())
        return refuse(path, "it is of another version; restart the one that was not");
    if (h.role >= ROLE_COUNT || count < 3) {
        refuse(path, "it does not want this user's process, or has one already; its log says which (see process.*_user)");
        sleep(REFUSED_REST_S);
        return EXIT_PERMISSION;
    }
    if (kind_of((enum role)h.role) != wanted)
        return refuse(path, "this user is meant for another role there (see process.*_user)");
    *role = (enum role)h.role;
    s->life = heed(connection, SIGTERM);
    s->bell = heed(fd[0], SIGHUP);
    if (s->life < 0 || s->bell < 0 || !settle_role(s, &h, fd + 1, count - 1))
        return refuse(path, "what it handed over cannot be used");
    return is_gone(s->life) ? refuse(path, "it has ended") : 0;
}
