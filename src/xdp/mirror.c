#include "xdp/mirror.h"

#include <math.h>

#define SHORTEST_NS NS_PER_MS           /* of a moment that is worth the while */
#define DISPERSION_MAX_S 32000          /* of 65536 that fit the wire's format: room to grow */
#define UNITS_48 281474976710656.0      /* 2^48: of a second */

/* -- moments ------------------------------------------------------------------------------------------------------- */

/* How far the farthest of served and true time is from the leap second; and the nearest. */
static int64_t first_left(const struct page_data *page, const struct clock_view *v)
{
    return ns_sub(tai_sub(page->leap_at, v->tai).ns, dur_max(utc_sub(v->latest, v->utc), (struct dur_ns){ 0 }).ns);
}

static int64_t last_left(const struct page_data *page, const struct clock_view *v)
{
    return ns_add(tai_sub(page->leap_at, v->tai).ns, dur_max(utc_sub(v->utc, v->earliest), (struct dur_ns){ 0 }).ns);
}

/* A leap second in between ends the piece a little before true time may have reached it, and until it has surely passed there is none. */
static struct mono_ns before_leap(const struct page_data *page, struct mono_ns from, const struct clock_view *first, struct mono_ns end)
{
    struct clock_view last;
    int64_t left = first_left(page, first);

    page_view(page, end, &last);
    if (page->leap_delta_s == 0 || last_left(page, first) <= 0 || first_left(page, &last) > 0)
        return end;
    return left > 0 ? mono_add(from, (struct dur_ns){ left - left / 8 }) : mono_add(from, (struct dur_ns){ SHORTEST_NS - 1 });
}

static uint64_t units_48(struct dur_ns d) { return (uint64_t)ceil((double)d.ns * (UNITS_48 / 1e9)); }

/* Between two views, along CLOCK_BOOTTIME. The larger of two straight lines lies below its chord: the dispersion told is never too small. */
static void draw_lines(const struct clock_view *first, const struct clock_view *last, double boot_span_ns, struct xdp_moment *out)
{
    double utc_span_ns = (double)utc_sub(last->utc, first->utc).ns;
    double dispersion_span_ns = (double)dur_sub(last->root_dispersion, first->root_dispersion).ns;

    out->utc = ntp_ts64_from_utc(first->utc).raw;
    out->rate = (uint64_t)llround(utc_span_ns / boot_span_ns * (4294967296.0 / 1e9) * (1 << XDP_RATE_SHIFT));
    out->dispersion = units_48(first->root_dispersion);
    out->growth = (int64_t)ceil(dispersion_span_ns / boot_span_ns * (UNITS_48 / 1e9) * (1 << XDP_GROWTH_SHIFT));
}

struct mono_ns xdp_moment_make(const struct serve_options *o, const struct page_data *page, const struct xdp_clocks *c, struct xdp_moment *out)
{
    struct serve_moment now;
    struct clock_view last;
    struct mono_ns end;
    double boot_span_ns;

    serve_prepare(o, page, c->raw, false, &now);
    end = before_leap(page, c->raw, &now.view, page_first_bend(page, c->raw, (struct dur_ns){ XDP_MOMENT_MAX_NS }));
    *out = (struct xdp_moment){ .from_ns = (uint64_t)c->boot_ns, .raw_minus_boot_ns = c->raw.ns - c->boot_ns, .is_usable = now.view.leap != LEAP_UNKNOWN,
                                .ntp = now.ntp };
    if (mono_sub(end, c->raw).ns < SHORTEST_NS || now.view.root_dispersion.ns > DISPERSION_MAX_S * NS_PER_S)
        return end;
    page_view(page, end, &last);
    boot_span_ns = (double)mono_sub(end, c->raw).ns * (1 + c->boot_rate);
    draw_lines(&now.view, &last, boot_span_ns, out);
    out->valid_ns = (uint64_t)fmin(boot_span_ns, (double)XDP_MOMENT_MAX_NS);
    return end;
}

void xdp_moment_publish(struct xdp_mirror *m, const struct xdp_moment *moment)
{
    uint32_t next = m->generation + 1;

    m->moment[next % XDP_MOMENTS] = *moment;
    __atomic_store_n(&m->generation, next, __ATOMIC_RELEASE);
}

/* -- places -------------------------------------------------------------------------------------------------------- */

static bool is_unspecified(const struct net_addr *a)
{
    static const uint8_t zero[sizeof a->bytes];

    return memcmp(a->bytes, zero, sizeof zero) == 0;
}

/* An unspecified IPv6 address has a twin for IPv4 among the listeners. */
static bool meets(const struct xdp_listener *l, const struct local_addr *local)
{
    if (l->service == SERVICE_DAYTIME || l->at.family != local->addr.family || (l->ifindex && l->ifindex != local->ifindex))
        return false;
    if (is_unspecified(&l->at))
        return true;
    return memcmp(l->at.bytes, local->addr.bytes, sizeof l->at.bytes) == 0 && (l->at.scope == 0 || l->at.scope == local->ifindex);
}

static struct xdp_place place_of(const struct xdp_listener *l, const struct local_addr *local)
{
    struct xdp_place p = { .ifindex = local->ifindex, .port = l->at.port, .service = (uint8_t)l->service, .list = l->list,
                           .traffic_class = l->traffic_class };
    uint8_t bytes[16] = { [10] = 0xff, [11] = 0xff };

    if (local->addr.family == ADDR_IPV6)
        memcpy(bytes, local->addr.bytes, sizeof bytes);
    else
        memcpy(bytes + 12, local->addr.bytes, 4);
    memcpy(&p.high, bytes, 8);
    memcpy(&p.low, bytes + 8, 8);
    memcpy(p.mac, local->mac, sizeof p.mac);
    return p;
}

/* The program may be looking: a place that changes is none for that long. */
static void put_place(struct xdp_place *at, const struct xdp_place *p)
{
    if (memcmp(at, p, sizeof *p) == 0)
        return;
    __atomic_store_n(&at->ifindex, UINT32_MAX, __ATOMIC_SEQ_CST);
    at->high = p->high;
    at->low = p->low;
    at->port = p->port;
    at->service = p->service;
    at->list = p->list;
    at->traffic_class = p->traffic_class;
    memcpy(at->mac, p->mac, sizeof at->mac);
    __atomic_store_n(&at->ifindex, p->ifindex, __ATOMIC_RELEASE);
}

/* The program takes the first place that fits: a listener of one address comes before one of all, and one of an interface before one of all, as among
 * sockets. */
static unsigned rank_of(const struct xdp_listener *l) { return is_unspecified(&l->at) * 2u + (l->ifindex == 0); }

unsigned xdp_places_publish(struct xdp_mirror *m, const struct xdp_listener *listener, unsigned listeners, const struct local_addr *local, unsigned locals)
{
    static const struct xdp_place none;
    unsigned n = 0;

    for (unsigned rank = 0; rank < 4; rank++)
        for (unsigned i = 0; i < listeners; i++)
            for (unsigned k = 0; k < locals; k++) {
                struct xdp_place p = place_of(&listener[i], &local[k]);

                if (rank_of(&listener[i]) != rank || !meets(&listener[i], &local[k]))
                    continue;
                if (n < XDP_PLACES_MAX)
                    put_place(&m->place[n], &p);
                n++;
            }
    for (unsigned i = n; i < XDP_PLACES_MAX; i++)
        put_place(&m->place[i], &none);
    return n > XDP_PLACES_MAX ? n - XDP_PLACES_MAX : 0;
}
