#include "daemon/serve_role.h"

#include "base/err.h"
#include "host/clock.h"

#define ACCEPT_REST_MS 500
#define ACCEPTS_A_ROUND 16

static const struct listener *listener_of(const struct serve_role *s, int fd)
{
    for (unsigned i = 0; i < s->listeners->count; i++)
        if (s->listeners->item[i].fd == fd)
            return &s->listeners->item[i];
    return NULL;
}

/* Returns the answer's length, 0 for silence. */
static size_t answer(struct serve_role *s, const struct listener *l, const struct page_data *page, const struct io_datagram *d, uint8_t *out)
{
    struct serve_request r = { .service = l->service, .bytes = { d->bytes, d->len }, .from = d->from, .to = d->to, .rx = d->rx, .tx = host_mono(),
                               .smeared = l->smeared };
    size_t len = 0;

    r.to.port = l->at.port;
    serve_datagram(s->options, page, &r, s->stats, out, &len);
    return len;
}

static void on_datagrams(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct serve_role *s = ctx;
    const struct listener *l = listener_of(s, fd);
    struct io_answer out[IO_BATCH_MAX];
    struct page_data page;
    unsigned n = io_udp_receive_batch(fd, s->in, IO_BATCH_MAX), answers = 0;

    (void)revents;
    (void)now;
    if (page_read(s->page, &page) != 0)
        return;
    for (unsigned i = 0; i < n; i++) {
        size_t len = answer(s, l, &page, &s->in[i], s->out[answers]);

        if (len > 0) {
            out[answers] = (struct io_answer){ &s->in[i], s->out[answers], len };
            answers++;
        }
    }
    if (answers > 0)
        io_udp_answer_batch(fd, out, answers);
}

static void on_connection_end(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct serve_role *s = ctx;

    (void)revents;
    (void)now;
    if (io_tcp_drain(&s->tcp, fd))
        loop_forget(s->loop, fd);
}

static void listen_to_tcp(struct serve_role *s, short events)
{
    for (unsigned i = 0; i < s->listeners->count; i++)
        if (s->listeners->item[i].stream)
            loop_events(s->loop, s->listeners->item[i].fd, events);
}

/* The table cuts its oldest connection to take a new one: its descriptor leaves the loop first. */
static void welcome(struct serve_role *s, const struct listener *l, int fd, const struct net_addr *from, struct mono_ns now)
{
    uint8_t out[SERVE_ANSWER_MAX];
    struct page_data page;
    size_t len = 0;

    if (page_read(s->page, &page) == 0)
        serve_stream(s->options, &page, l->service, from, now, s->stats, out, &len);
    if (s->tcp.count == TCP_CONNECTIONS_MAX)
        loop_forget(s->loop, s->tcp.item[0].fd);
    io_tcp_say(&s->tcp, fd, out, len, now);
    loop_watch(s->loop, fd, POLLIN, on_connection_end, s);
    s->tcp_next = s->tcp.item[0].cut_at;
}

static void on_connection(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct serve_role *s = ctx;

    (void)revents;
    for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
        struct net_addr from;
        int client = io_tcp_accept(fd, &from);

        if (client > 0) {
            welcome(s, listener_of(s, fd), client, &from, now);
            continue;
        }
        if (client < 0) { /* no descriptor left: without a rest this would spin */
            listen_to_tcp(s, 0);
            s->accept_again = mono_add(now, dur_from_ms(ACCEPT_REST_MS));
        }
        return;
    }
}

static struct mono_ns next(void *ctx)
{
    const struct serve_role *s = ctx;

    return mono_min(s->tcp_next, s->accept_again);
}

static void forget_overdue(struct serve_role *s, struct mono_ns now)
{
    for (unsigned i = 0; i < s->tcp.count && !mono_before(now, s->tcp.item[i].cut_at); i++)
        loop_forget(s->loop, s->tcp.item[i].fd);
    s->tcp_next = io_tcp_expire(&s->tcp, now);
}

static void run(void *ctx, struct mono_ns now)
{
    struct serve_role *s = ctx;

    forget_overdue(s, now);
    if (!mono_before(now, s->accept_again)) {
        s->accept_again = MONO_NEVER;
        listen_to_tcp(s, POLLIN);
    }
}

void serve_role_start(struct serve_role *s, struct loop *loop, const struct listeners *listeners, const struct serve_options *options,
                      const struct page *page, struct serve_stats *stats)
{
    s->options = options;
    s->page = page;
    s->stats = stats;
    s->listeners = listeners;
    s->loop = loop;
    s->tcp_next = s->accept_again = MONO_NEVER;
    io_tcp_init(&s->tcp);
    for (unsigned i = 0; i < listeners->count; i++)
        loop_watch(loop, listeners->item[i].fd, POLLIN, listeners->item[i].stream ? on_connection : on_datagrams, s);
    loop_add_part(loop, &(struct loop_part){ s, next, run });
}
