#include "daemon/control_role.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/control_act.h"
#include "daemon/guard_picture.h"
#include "daemon/logger.h"
#include "io/unix.h"

#define REST_MS 100

static struct control_peer *peer_of(struct control_role *r, int fd)
{
    for (unsigned i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
        if (r->peer[i].fd == fd)
            return &r->peer[i];
    return NULL;
}

static void hang_up(struct control_role *r, struct control_peer *p)
{
    loop_forget(r->loop, p->fd);
    close(p->fd);
    free(p->answer);
    memset(p, 0, sizeof *p);
    r->open--;
}

/* The pair to admin is the only one there is: a moment without memory, or nonsense said by it, costs a question and not the connection. */
static void start_over(struct control_role *r, struct control_peer *p)
{
    uint8_t thrown_away[CONTROL_REQUEST_MAX];

    recv(p->fd, thrown_away, sizeof thrown_away, MSG_DONTWAIT); /* an empty message is not taken otherwise */
    free(p->answer);
    p->answer = NULL;
    p->conn = (struct control_conn){ 0 };
    loop_events(r->loop, p->fd, POLLIN);
}

/* Go on sending; returns false when the peer is gone. */
static bool send_rest(struct control_role *r, struct control_peer *p)
{
    while (p->sent < p->len) {
        ssize_t n = send(p->fd, p->answer + p->sent, p->len - p->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN) {
            loop_events(r->loop, p->fd, POLLOUT);
            return true;
        }
        if (n < 0 && errno != EINTR)
            return false;
        p->sent += n > 0 ? (size_t)n : 0;
    }
    free(p->answer);
    p->answer = NULL;
    loop_events(r->loop, p->fd, POLLIN);
    return true;
}

/* Counted and told: who tries what is not his to do is of interest to an audit (CTL-03). */
static void tell_denied(struct control_role *r, const struct control_peer *p, const struct control_request *request)
{
    struct log_record log = { .id = LOG_AUDIT_DENIED };
    uid_t user = 0;
    pid_t process = 0;

    r->core->denied++;
    if (!io_unix_peer(p->fd, &user, &process))
        return;
    log_int(&log, "uid", (int64_t)user);
    log_int(&log, "pid", process);
    log_int(&log, "verb", request->verb);
    logger_write(&log, host_mono());
}

static bool is_denied(struct control_role *r, const struct control_peer *p, const struct control_request *request)
{
    bool denied = control_is_change(request) ? !p->operates : control_is_private(request) && !p->trusted;

    if (denied)
        tell_denied(r, p, request);
    return denied;
}

/* The answer has to wait for the parent; nothing else is read from there meanwhile. */
static bool begin_reload(struct control_role *r, struct control_peer *p, const struct control_request *request)
{
    p->ticket = core_ask_reload(r->core);
    if (p->ticket == 0)
        return false;
    p->waiting = *request;
    p->cut_at = mono_add(host_mono(), dur_from_ms(CONTROL_RELOAD_MS));
    loop_events(r->loop, p->fd, 0);
    return true;
}

static bool answer(struct control_role *r, struct control_peer *p, struct control_request *request)
{
    request->denied = is_denied(r, p, request);
    if (request->verb == CONTROL_VERB_RELOAD && !request->denied && !p->ticket)
        return begin_reload(r, p, request);
    p->ticket = 0;
    p->answer = malloc(CONTROL_ANSWER_MAX);
    if (!p->answer)
        return false;
    core_snapshot(r->core, &r->snapshot);
    if (control_is_change(request) && !request->denied && !request->malformed)
        request->refused = !control_act(r->core, request, r->snapshot.text, sizeof r->snapshot.text);
    if (request->verb == CONTROL_VERB_CLIENTS && !request->denied)
        guard_picture_clients(r->core->world, request, &r->snapshot);
    if (request->verb == CONTROL_VERB_ACCESS && !request->denied)
        guard_picture_access(r->core->world, request, &r->snapshot);
    p->len = control_answer(request, &r->snapshot, p->answer, CONTROL_ANSWER_MAX);
    p->sent = 0;
    return send_rest(r, p);
}

/* One request at a time: what follows it on the wire waits in the socket until its answer has left. */
static bool take(struct control_role *r, struct control_peer *p)
{
    uint8_t bytes[CONTROL_REQUEST_MAX];
    ssize_t n = recv(p->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_PEEK);
    struct control_request request;
    enum control_outcome outcome;
    size_t used;

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    outcome = control_input(&p->conn, (struct span){ bytes, (size_t)n }, &used, &request);
    if (recv(p->fd, bytes, used, MSG_DONTWAIT) != (ssize_t)used || outcome == CONTROL_CLOSE)
        return false;
    return outcome == CONTROL_MORE || answer(r, p, &request);
}

/* Those whose reload is over get their answer. */
static void on_reloaded(void *ctx, uint32_t ticket)
{
    struct control_role *r = ctx;

    for (unsigned i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
        struct control_peer *p = &r->peer[i];

        if (p->fd && p->ticket && p->ticket <= ticket && !answer(r, p, &p->waiting))
            hang_up(r, p);
    }
}

static void on_peer(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct control_role *r = ctx;
    struct control_peer *p = peer_of(r, fd);

    p->cut_at = p->kept ? MONO_NEVER : mono_add(now, dur_from_ms(CONTROL_IDLE_MS));
    if (p->answer ? !(revents & (POLLERR | POLLHUP)) && send_rest(r, p) : take(r, p))
        return;
    if (p->kept && !io_unix_is_over(fd))
        start_over(r, p);
    else
        hang_up(r, p);
}

/* With no place left the oldest of those who may change nothing is cut, so that nobody keeps others out by keeping connections; who may is never cut so. */
static struct control_peer *place_for_one(struct control_role *r)
{
    struct control_peer *oldest = peer_of(r, 0);

    if (oldest)
        return oldest;
    for (struct control_peer *p = r->peer; p < r->peer + CONTROL_CONNECTIONS_MAX; p++)
        if (!p->operates && !p->kept && (!oldest || p->number < oldest->number))
            oldest = p;
    if (oldest)
        hang_up(r, oldest);
    return oldest;
}

static void on_connection(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct control_role *r = ctx;
    int client = io_unix_accept(fd);
    struct control_peer *p = client > 0 ? place_for_one(r) : NULL;

    (void)revents;
    if (client == -UE_FULL) { /* it would be told for ever that somebody waits */
        loop_events(r->loop, fd, 0);
        r->listen_at = mono_add(now, dur_from_ms(REST_MS));
    }
    if (client <= 0)
        return;
    if (!p || loop_watch(r->loop, client, POLLIN, on_peer, r) != 0) {
        close(client);
        return;
    }
    p->fd = client;
    p->number = ++r->accepted;
    r->open++;
    p->trusted = io_unix_peer_is(client, r->core->world->user);
    p->operates = p->trusted || (r->core->world->operators != GROUP_NONE && io_unix_peer_is_in(client, r->core->world->operators));
    p->cut_at = mono_add(now, dur_from_ms(CONTROL_IDLE_MS));
}

static struct mono_ns next(void *ctx)
{
    const struct control_role *r = ctx;
    struct mono_ns first = r->listen_at;

    for (unsigned i = 0; i < CONTROL_CONNECTIONS_MAX && r->open > 0; i++)
        if (r->peer[i].fd)
            first = mono_min(first, r->peer[i].cut_at);
    return first;
}

static void run(void *ctx, struct mono_ns now)
{
    struct control_role *r = ctx;

    if (!mono_before(now, r->listen_at)) {
        loop_events(r->loop, r->listener, POLLIN);
        r->listen_at = MONO_NEVER;
    }
    for (unsigned i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
        if (r->peer[i].fd && !mono_before(now, r->peer[i].cut_at))
            hang_up(r, &r->peer[i]);
}

void control_role_start(struct control_role *r, struct loop *loop, int fd, struct core *core)
{
    memset(r, 0, sizeof *r);
    r->loop = loop;
    r->core = core;
    r->listener = fd;
    r->listen_at = MONO_NEVER;
    core->on_reloaded = on_reloaded;
    core->on_reloaded_ctx = r;
    if (fd >= 0)
        loop_watch(loop, fd, POLLIN, on_connection, r);
    loop_add_part(loop, &(struct loop_part){ r, next, run });
}

/* Its credentials are those of the parent that made it, and say nothing about who is there: never trusted. */
void control_role_adopt(struct control_role *r, int fd)
{
    struct control_peer *p = peer_of(r, 0);

    if (loop_watch(r->loop, fd, POLLIN, on_peer, r) != 0)
        return;
    *p = (struct control_peer){ .fd = fd, .kept = true, .cut_at = MONO_NEVER };
    r->open++;
}
