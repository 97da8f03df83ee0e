/* The program's loop: connections until their head is whole, deadlines for all of them, a question to core each second.
 *
 *   accepted --bytes are looked at, and left where they are--> whole head --> the library's, until it has closed it
 *                                                        \--> refused: a line is said, the rest thrown away for a moment */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/core_link.h"
#include "admin/head.h"
#include "admin/http.h"
#include "base/err.h"
#include "host/privilege.h"
#include "io/stamp.h"
#include "io/tcp.h"

#define ACCEPTS_A_ROUND 64
#define LINGER_S 1
#define STREAM_BUFFER 16384
#define NICE 10
#define ROOT_NUMBER 1000 /* beyond any worker's */
#define LISTENERS_MAX OPTION_LIST_MAX
#define DESCRIPTORS_SPARE 16 /* what the library has of its own */

enum phase { FREE, HEAD, REFUSED, HANDED, STREAM }; /* from HANDED on the library has it */

struct connection {
    int fd;
    enum phase phase;
    size_t seen;                /* HEAD: so many bytes wait */
    struct mono_ns opened, cut_at;
};

static struct {
    struct admin_shared *shared;
    struct core_link core;
    struct answers answers;
    struct http http;
    unsigned listeners;
    unsigned places;            /* for connections, ADMIN_CONNECTIONS_MAX or as many as there are descriptors for */
    bool resting;               /* no connection could be taken for lack of something: not asked again at once */
    struct connection connection[ADMIN_CONNECTIONS_MAX];
    struct pollfd poll[2 + LISTENERS_MAX + ADMIN_CONNECTIONS_MAX];
    unsigned polled[ADMIN_CONNECTIONS_MAX]; /* which connection each of the last ones is */
} admin;

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
    (void)number;
    told_to_end = 1;
}

static struct mono_ns after(struct mono_ns now, int64_t s) { return mono_add(now, (struct dur_ns){ s * NS_PER_S }); }

/* -- a connection ------------------------------------------------------------------------------------------------------ */

static void on_closed(void *connection) { ((struct connection *)connection)->phase = FREE; }

/* A stream lives as long as it is read, within a lifetime after which its reader asks again. */
static void on_stream(void *connection)
{
    struct connection *c = connection;
    const struct mono_ns end = after(c->opened, ADMIN_STREAM_S), soon = after(admin.http.now, ADMIN_ANSWER_S);
    const int most = STREAM_BUFFER;

    if (c->phase != STREAM)
        setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &most, sizeof most); /* who does not read is noticed soon, and costs no more */
    c->phase = STREAM;
    c->cut_at = mono_before(end, soon) ? end : soon;
}

static void hang_up(struct connection *c)
{
    close(c->fd);
    c->phase = FREE;
}

/* Closing at once would reset a client that is still sending, and could cost it the line. */
static void refuse(struct connection *c, enum head_verdict v, struct mono_ns now)
{
    static const struct { enum head_verdict verdict; const char *line; } lines[] = {
        { HEAD_BAD, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" },
        { HEAD_URI_TOO_LONG, "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" },
        { HEAD_TOO_LARGE, "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" },
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (lines[i].verdict == v)
            send(c->fd, lines[i].line, strlen(lines[i].line), MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(c->fd, SHUT_WR);
    c->phase = REFUSED;
    c->cut_at = after(now, LINGER_S);
}

static void hand(struct connection *c, struct mono_ns now)
{
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    const int any = 1;

    setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &any, sizeof any);
    c->phase = HANDED;
    c->cut_at = after(now, ADMIN_ANSWER_S);
    if (getpeername(c->fd, (struct sockaddr *)&from, &len) != 0)
        hang_up(c);
    else if (!http_hand(&admin.http, c->fd, (struct sockaddr *)&from, len, c))
        c->phase = FREE;
}

/* The bytes stay in the socket, for the library to read when they are a whole head; until then only more of them than were seen wake us. */
static void look(struct connection *c, struct mono_ns now)
{
    static uint8_t bytes[HEAD_MAX];
    ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    enum head_verdict v;
    int more;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || (size_t)n == c->seen) { /* nothing more came: this is their end */
        hang_up(c);
        return;
    }
    v = head_look(bytes, (size_t)n);
    c->seen = (size_t)n;
    more = (int)n + 1;
    if (v == HEAD_WHOLE)
        hand(c, now);
    else if (v != HEAD_MORE)
        refuse(c, v, now);
    else if (setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &more, sizeof more) != 0)
        hang_up(c);
}

static void discard(struct connection *c)
{
    uint8_t rest[4096];
    ssize_t n = recv(c->fd, rest, sizeof rest, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        hang_up(c);
}

/* What the library has is only ended for it: it closes it itself. */
static void cut(struct connection *c)
{
    if (c->phase >= HANDED)
        shutdown(c->fd, SHUT_RDWR);
    else
        hang_up(c);
}

/* -- accepting --------------------------------------------------------------------------------------------------------- */

static unsigned rank(const struct connection *c) { return c->phase < HANDED ? HEAD : c->phase; }

/* Heads that are not whole before answers that are not taken before streams; within that the oldest. */
static struct connection *worst(void)
{
    struct connection *found = NULL;

    for (unsigned i = 0; i < admin.places; i++) {
        struct connection *c = &admin.connection[i];

        if (!found || rank(c) < rank(found) || (rank(c) == rank(found) && mono_before(c->opened, found->opened)))
            found = c;
    }
    return found;
}

static struct connection *free_place(void)
{
    for (unsigned i = 0; i < admin.places; i++)
        if (admin.connection[i].phase == FREE)
            return &admin.connection[i];
    return NULL;
}

static struct connection *make_place(struct mono_ns now)
{
    struct connection *c = free_place();

    if (c)
        return c;
    cut(worst());
    http_run(&admin.http, now);
    return free_place();
}

static void accept_some(int listener, struct mono_ns now)
{
    for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
        struct net_addr from;
        struct connection *c;
        int fd = io_tcp_accept(listener, &from, 0);

        admin.resting |= fd < 0;
        if (fd <= 0)
            return;
        c = make_place(now);
        if (!c) {
            close(fd);
            continue;
        }
        *c = (struct connection){ .fd = fd, .phase = HEAD, .opened = now, .cut_at = after(now, ADMIN_HEAD_S) };
        look(c, now); /* most heads are there already */
    }
}

/* -- the loop ---------------------------------------------------------------------------------------------------------- */

#define POLL_CORE 0
#define POLL_HTTP 1
#define POLL_LISTENERS 2

static unsigned gather(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < admin.listeners; i++)
        admin.poll[POLL_LISTENERS + i].events = admin.resting ? 0 : POLLIN;
    admin.resting = false;
    for (unsigned i = 0; i < ADMIN_CONNECTIONS_MAX; i++)
        if (admin.connection[i].phase == HEAD || admin.connection[i].phase == REFUSED) {
            admin.poll[POLL_LISTENERS + admin.listeners + n] = (struct pollfd){ admin.connection[i].fd, POLLIN, 0 };
            admin.polled[n++] = i;
        }
    return n;
}

static void serve_heads(unsigned n, struct mono_ns now)
{
    for (unsigned i = 0; i < n; i++) {
        struct connection *c = &admin.connection[admin.polled[i]];

        if (!admin.poll[POLL_LISTENERS + admin.listeners + i].revents)
            continue;
        if (c->phase == HEAD)
            look(c, now);
        else if (c->phase == REFUSED)
            discard(c);
    }
}

static void cut_overdue(struct mono_ns now)
{
    for (unsigned i = 0; i < ADMIN_CONNECTIONS_MAX; i++)
        if (admin.connection[i].phase != FREE && !mono_before(now, admin.connection[i].cut_at))
            cut(&admin.connection[i]);
}

/* Waits at most until the next question to core is due. */
static int patience_ms(int http_ms, struct mono_ns due, struct mono_ns now)
{
    int64_t ms = mono_sub(due, now).ns / NS_PER_MS + 1;

    return http_ms >= 0 && http_ms < ms ? http_ms : (int)ms;
}

static void run(void)
{
    int http_ms = -1;

    while (!told_to_end) {
        struct mono_ns now = io_raw_now(), due = core_link_ask(&admin.core, now);
        unsigned n = gather();

        poll(admin.poll, POLL_LISTENERS + admin.listeners + n, patience_ms(http_ms, due, now));
        now = io_raw_now();
        if (admin.poll[POLL_CORE].revents && core_link_take(&admin.core, now))
            history_look(&admin.shared->history, &admin.core.snapshot);
        core_link_look(&admin.core);
        serve_heads(n, now);
        for (unsigned i = 0; i < admin.listeners; i++)
            if (admin.poll[POLL_LISTENERS + i].revents)
                accept_some(admin.poll[POLL_LISTENERS + i].fd, now);
        http_ms = http_run(&admin.http, now);
        cut_overdue(now);
    }
}

/* -- the start --------------------------------------------------------------------------------------------------------- */

static void take_signals(void)
{
    static const int ends[] = { SIGTERM, SIGINT };
    struct sigaction a = { .sa_handler = on_signal };
    sigset_t all;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        sigaction(ends[i], &a, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
}

/* Where there are few descriptors there are few places: with none left the worst is cut, a lack of descriptors would lock newcomers out. */
static void allow_descriptors(void)
{
    const unsigned others = ADMIN_LISTEN_FD + LISTENERS_MAX + DESCRIPTORS_SPARE, all = host_allow_descriptors(others + ADMIN_CONNECTIONS_MAX);

    admin.places = all > others ? all - others : 1;
}

static void tell_missing(unsigned missing)
{
    char text[64];

    if (missing && sandbox_confines())
        fprintf(stderr, "simple-utcd-admin: the process admin runs without %s, which this system does not offer or not to this user\n",
                sandbox_missing_text(missing, text));
}

static int confine(struct admin_shared *s)
{
    const struct admin_orders *orders = &s->orders;
    const struct host_user user = { orders->uid, orders->gid };
    const pid_t starter = getppid();

    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + NICE); /* whatever is asked here, time is answered first */
    sandbox_empty_root(orders->run_dir, ROOT_NUMBER);
    if (host_confine(HOST_RIGHT_NONE, orders->has_user ? &user : NULL) != 0)
        return -UE_PERMISSION;
    host_end_with_parent(starter); /* giving rights away takes the wish along */
    tell_missing(sandbox_enter(SANDBOX_ADMIN, NULL, &s->note));
    return 0;
}

/* The library writes dates, and libc looks for the time zone when it first does: now, because later there is no file. */
static void see_time_zone(void)
{
    const time_t some = 0;
    struct tm civil;

    gmtime_r(&some, &civil);
}

int admin_serve(struct admin_shared *shared)
{
    static const struct http_connections connections = { on_closed, on_stream };

    admin.shared = shared;
    host_name_process("admin");
    admin.listeners = shared->orders.listeners < LISTENERS_MAX ? shared->orders.listeners : LISTENERS_MAX;
    core_link_start(&admin.core, ADMIN_CORE_FD, io_vmclock_open(shared->orders.vmclock));
    history_resume(&shared->history);
    admin.answers = (struct answers){ shared, &admin.core, &shared->history };
    allow_descriptors();
    see_time_zone();
    take_signals();
    if (http_start(&admin.http, &admin.answers, &connections) != 0 || confine(shared) != 0)
        return 1;
    admin.poll[POLL_CORE] = (struct pollfd){ ADMIN_CORE_FD, POLLIN, 0 };
    admin.poll[POLL_HTTP] = (struct pollfd){ admin.http.epoll_fd, POLLIN, 0 };
    for (unsigned i = 0; i < admin.listeners; i++)
        admin.poll[POLL_LISTENERS + i] = (struct pollfd){ ADMIN_LISTEN_FD + (int)i, POLLIN, 0 };
    run();
    return 0;
}
