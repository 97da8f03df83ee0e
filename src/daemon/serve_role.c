#include "daemon/serve_role.h"

#include <string.h>

#include "daemon/join.h"
#include "host/clock.h"
#include "io/stamp.h"

#define ACCEPT_REST_MS 500
#define ACCEPTS_A_ROUND 16
#define CROWD_GAP_NS NS_PER_MS          /* connections that come faster are a crowd */
#define CROWD_REST_NS (150 * INT64_C(1000))
#define SLEEP_LOOK_NS NS_PER_MS

static const struct listener *listener_of(const struct serve_role *s, int fd)
{
    for (unsigned i = 0; i < s->listeners->count; i++)
        if (s->listeners->item[i].fd == fd)
            return &s->listeners->item[i];
    return NULL;
}

static void take_copy(struct serve_role *s, uint32_t generation)
{
    if (s->mine_of != generation + 1)
        join_options(s->joined, generation, &s->mine);
    s->mine_of = generation + 1;
    s->options = &s->mine;
}

/* The options in force now, which nobody writes to until they are left. Whoever raises the generation looks at in_use afterwards, we at the generation after we
 * said what we use: one of us sees the other. */
static void take_options(struct serve_role *s)
{
    uint32_t g;

    do {
        g = __atomic_load_n(&s->sets->generation, __ATOMIC_SEQ_CST);
        __atomic_store_n(s->in_use, g + 1, __ATOMIC_SEQ_CST);
    } while (__atomic_load_n(&s->sets->generation, __ATOMIC_SEQ_CST) != g);
    if (s->joined)
        take_copy(s, g);
    else
        s->options = g == 0 ? s->first : &config_set_of(s->sets, g)->serve;
}

static void leave_options(struct serve_role *s) { __atomic_store_n(s->in_use, 0, __ATOMIC_RELEASE); }

/* The page as it may be used now: after a sleep of the machine it says nothing until core has measured again. Looked for once in a while: to fall asleep
 * takes a machine longer. */
static bool read_page(struct serve_role *s, struct mono_ns now, struct page_data *page)
{
    if (page_read(s->page, page) != 0)
        return false;
    if (mono_sub(now, s->looked_at).ns >= SLEEP_LOOK_NS || page->asleep.ns != s->asleep.ns) {
        s->looked_at = now;
        s->asleep = page->asleep;
        s->slept = io_slept_since(page->asleep);
    }
    if (s->slept)
        page->status = CLOCK_DISRUPTED;
    return true;
}

static void send_answers(struct serve_role *s, int fd)
{
    unsigned made = s->batch.answers;

    s->lack->unsent += made - io_batch_send(&s->batch, fd);
    s->out_used = 0;
}

/* The answer queued last shall tell when it leaves. */
static void ask_departure(struct serve_role *s, const struct listener *l, const uint8_t *answer, struct mono_ns at)
{
    s->sample = (struct serve_sample){ .waits = true, .k = s->batch.answers - 1, .listener = (unsigned)(l - s->listeners->item), .at = at };
    memcpy(s->sample.receive, answer + NTP_AT_RECEIVE, sizeof s->sample.receive);
    io_batch_stamp(&s->batch);
}

/* What answers of one group share. */
struct group {
    const struct listener *l;
    struct serve_moment moment;
    struct mono_ns made;            /* when the moment's time was read */
    int wish;                       /* of which answer of the batch the departure is to be learnt; -1: of none */
};

static void take_request(const struct serve_role *s, const struct group *g, unsigned i, struct serve_request *r)
{
    const struct io_datagram *d = &s->batch.datagram[i];
    const struct listener *l = g->l;

    r->service = l->service;
    r->bytes = (struct span){ d->bytes, d->len };
    r->from = d->from;
    r->to = d->to;
    r->rx = d->rx;
    r->tx = g->moment.tx;
    r->smeared = l->smeared;
    r->expected = s->options->guard ? &s->expected[i] : NULL;
    r->list = l->list;
    if (r->to.family == ADDR_NONE && addr_is_usable_server(&l->at)) {
        r->to = l->at;
        r->to.scope = r->from.scope;
    }
    r->to.port = l->at.port;
}

static void queue(struct serve_role *s, const struct group *g, const struct serve_request *r, const struct serve_answer *a, unsigned i)
{
    io_batch_answer(&s->batch, i, a->out, a->len);
    if (g->wish >= 0 && s->batch.answers > (unsigned)g->wish && !s->sample.waits && a->len == NTP_HEADER_SIZE)
        ask_departure(s, g->l, a->out, g->made);
    else if (serve_wants_stamp(s->options, r, a->out))
        io_batch_stamp(&s->batch);
}

/* The n requests from the first on. */
static void answer_group(struct serve_role *s, const struct group *g, unsigned first, unsigned n)
{
    struct serve_request request[SERVE_GROUP];
    struct serve_answer answer[SERVE_GROUP];
    bool waits = false;

    if (s->out_used + SERVE_GROUP * SERVE_ANSWER_MAX > sizeof s->out)
        send_answers(s, g->l->fd);
    for (unsigned i = 0; i < n; i++) {
        take_request(s, g, first + i, &request[i]);
        answer[i].out = s->out + s->out_used;
        waits |= serve_begin(s->options, &g->moment, &request[i], s->stats, &answer[i]);
        s->out_used += answer[i].len;
    }
    if (waits)
        serve_finish(answer, n, s->stats);
    for (unsigned i = 0; i < n; i++)
        if (answer[i].len > 0)
            queue(s, g, &request[i], &answer[i], first + i);
}

/* When the answer left; false when only the card said so and its word cannot be placed. */
static bool place_departure(const struct serve_role *s, struct io_datagram *echo)
{
    struct dur_ns error;

    if (s->hardware && hardware_place(s->hardware, &echo->hardware, HARDWARE_LEFT, echo->rx, &echo->rx, &error))
        echo->stamp = STAMP_HARDWARE;
    return echo->stamp != STAMP_USER;
}

/* One of them may be that whose departure was asked for. */
static void learn_departure(struct serve_role *s, const struct io_datagram *echo)
{
    struct serve_sample *a = &s->sample;
    struct departure *d = &s->departure[a->listener];

    if (!a->waits || memcmp(echo->bytes + NTP_AT_RECEIVE, a->receive, sizeof a->receive) != 0)
        return;
    a->waits = false;
    departure_learn(d, a->k, mono_sub(echo->rx, a->at));
    *s->ahead_ns = departure_ahead(d).ns;
}

/* Stamps of answers that left. Taken before the next requests, which may ask for them. */
static void take_stamps(struct serve_role *s, const struct listener *l, struct mono_ns now)
{
    struct page_data page;
    unsigned n;

    if (!read_page(s, now, &page))
        return;
    n = io_batch_left(&s->batch, l->fd, (enum addr_family)l->at.family, NTP_HEADER_SIZE);
    for (unsigned i = 0; i < n; i++) {
        struct io_datagram *echo = &s->batch.datagram[i];

        if (echo->len > 0 && place_departure(s, echo)) {
            learn_departure(s, echo);
            serve_left(s->options, &page, l->smeared, &echo->to, (struct span){ echo->bytes, echo->len }, echo->rx);
        }
    }
}

static void place_arrivals(struct serve_role *s)
{
    struct dur_ns error;

    for (unsigned i = 0; i < s->batch.count; i++)
        hardware_arrival(s->hardware, &s->batch.datagram[i], &error);
}

/* The batch's answers; those behind the first leave later, and say so in groups. */
static void answer_batch(struct serve_role *s, const struct listener *l, const struct page_data *page, unsigned n)
{
    struct departure *d = &s->departure[l - s->listeners->item];
    bool ahead = l->service == SERVICE_NTP && s->options->ntp.put_ahead;
    struct group g;

    g.l = l;
    g.made = host_mono();
    g.wish = ahead ? departure_wish(d, n, g.made) : -1;
    histogram_add(s->latency, mono_sub(g.made, s->batch.datagram[0].rx));
    if (g.wish >= 0)
        s->sample.waits = false; /* a wish that was not granted */
    for (unsigned i = 0; i < n; i += SERVE_GROUP) {
        if (i == 0 || ahead)
            serve_prepare(s->options, page, ahead ? departure_of(d, s->batch.answers, g.made) : g.made, l->smeared, &g.moment);
        answer_group(s, &g, i, n - i < SERVE_GROUP ? n - i : SERVE_GROUP);
    }
    send_answers(s, l->fd);
}

static void tell_floods(struct serve_role *s)
{
    uint32_t floods = guard_floods_ever(s->options->guard);

    if (floods != s->floods)
        s->flood(s->flood_ctx);
    s->floods = floods;
}

static void answer_datagrams(struct serve_role *s, const struct listener *l, short revents, struct mono_ns now)
{
    struct page_data page;
    unsigned n;

    if (revents & POLLERR)
        take_stamps(s, l, now);
    n = io_batch_receive(&s->batch, l->fd);
    if (n == 0 || !read_page(s, now, &page))
        return;
    if (s->hardware)
        place_arrivals(s);
    for (unsigned i = 0; i < n && s->options->guard; i++)
        guard_expect(s->options->guard, &s->batch.datagram[i].from, &s->expected[i]);
    answer_batch(s, l, &page, n);
    if (s->options->guard)
        tell_floods(s);
}

static void on_datagrams(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct serve_role *s = ctx;

    take_options(s);
    answer_datagrams(s, listener_of(s, fd), revents, now);
    leave_options(s);
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
        if (s->listeners->item[i].stream && s->listeners->item[i].fd >= 0)
            loop_events(s->loop, s->listeners->item[i].fd, events);
}

/* The table cuts its oldest connection to keep a new one: its descriptor leaves the loop. */
static void welcome(struct serve_role *s, const struct listener *l, int fd, const struct net_addr *from, struct mono_ns now)
{
    const struct serve_request r = { .service = l->service, .from = *from, .rx = now, .tx = now, .list = l->list };
    uint8_t out[SERVE_ANSWER_MAX];
    struct page_data page;
    size_t len = 0;
    int oldest;

    take_options(s);
    if (read_page(s, now, &page))
        serve_stream(s->options, &page, &r, s->stats, out, &len);
    leave_options(s);
    oldest = s->tcp.count == TCP_CONNECTIONS_MAX ? s->tcp.item[0].fd : -1;
    if (!io_tcp_say(&s->tcp, fd, out, len, now))
        return;
    if (oldest >= 0)
        loop_forget(s->loop, oldest);
    loop_watch(s->loop, fd, POLLIN, on_connection_end, s);
    s->tcp_next = s->tcp.item[0].cut_at;
}

static void rest(struct serve_role *s, struct mono_ns until)
{
    listen_to_tcp(s, 0);
    s->accept_again = until;
}

/* In a crowd a process that is woken for each connection spends more on waking, here and there, than on answering: a rest lets a few come together, which the
 * seconds of TIME and DAYTIME do not notice. It begins when the last ones have been answered, which took as long as a rest. */
static void gather(struct serve_role *s)
{
    struct mono_ns now = host_mono();

    if (mono_sub(now, s->accepted_at).ns < CROWD_GAP_NS)
        rest(s, mono_add(now, (struct dur_ns){ CROWD_REST_NS }));
    s->accepted_at = now;
}

static void on_connection(void *ctx, int fd, short revents, struct mono_ns now)
{
    struct serve_role *s = ctx;

    (void)revents;
    for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
        struct net_addr from;
        int client = io_tcp_accept(fd, &from, 0);

        if (client > 0) {
            welcome(s, listener_of(s, fd), client, &from, now);
            continue;
        }
        if (client < 0) { /* no descriptor left: without a rest this would spin */
            s->lack->unaccepted++;
            rest(s, mono_add(now, dur_from_ms(ACCEPT_REST_MS)));
        } else if (i > 0) {
            gather(s);
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

void serve_role_listen(struct serve_role *s, unsigned i)
{
    const struct listener *l = &s->listeners->item[i];

    loop_watch(s->loop, l->fd, POLLIN, l->stream ? on_connection : on_datagrams, s);
}

void serve_role_catch_up(struct serve_role *s)
{
    for (unsigned i = 0; i < s->listeners->count; i++)
        if (!s->listeners->item[i].stream && s->listeners->item[i].fd >= 0)
            on_datagrams(s, s->listeners->item[i].fd, POLLIN, host_mono());
}

void serve_role_leave(struct serve_role *s, unsigned i) { loop_forget(s->loop, s->listeners->item[i].fd); }

void serve_role_start(struct serve_role *s, struct loop *loop, const struct serve_world *w, unsigned worker)
{
    s->options = s->first = w->options;
    s->joined = w->joined;
    s->sets = w->sets;
    s->in_use = &w->shared->in_use[worker];
    s->page = w->page;
    s->looked_at = (struct mono_ns){ 0 };
    s->slept = false;
    s->hardware = w->hardware;
    s->stats = &w->shared->served[worker];
    s->lack = &w->shared->lack[worker];
    s->ahead_ns = &w->shared->ahead_ns[worker];
    s->latency = &w->shared->latency[worker];
    s->sample.waits = false;
    s->flood = w->flood;
    s->flood_ctx = w->flood_ctx;
    s->listeners = w->listeners;
    s->loop = loop;
    s->tcp_next = s->accept_again = MONO_NEVER;
    io_tcp_init(&s->tcp);
    io_batch_init(&s->batch);
    s->batch.ask_cards = w->hardware != NULL;
    for (unsigned i = 0; i < s->listeners->count; i++)
        if (s->listeners->item[i].worker == worker && s->listeners->item[i].fd >= 0)
            serve_role_listen(s, i);
    loop_add_part(loop, &(struct loop_part){ s, next, run });
}
