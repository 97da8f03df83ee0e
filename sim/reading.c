/* What a reader of a client's page is told, against the truth; and the three invariants of every story. */
#include <math.h>

#include "ntp/packet.h"
#include "sim/client.h"

#define READER_PORT 50123

static struct dur_ns farther(struct dur_ns a, struct dur_ns b) { return a.ns > b.ns ? a : b; }

/* What any client on the network is told by its plain or its smearing listener: is the answer one that says "use me"? */
static bool ask_header(struct sim_world *w, struct sim_node *n, const struct sim_reading *r, bool smeared, struct ntp_header *h)
{
    static const uint8_t request[NTP_HEADER_SIZE] = { 4 << 3 | NTP_MODE_CLIENT, [40] = 1 };
    struct serve_request q = { .service = SERVICE_NTP, .bytes = { request, sizeof request }, .to = n->addr, .rx = r->raw, .tx = r->raw };
    struct serve_stats stats = { 0 };
    uint8_t out[SERVE_ANSWER_MAX];
    struct ntp_tail tail;
    size_t len = 0;

    q.smeared = smeared;
    q.from = (struct net_addr){ .family = ADDR_IPV4, .port = READER_PORT, .bytes = { 203, 0, 113, 250 } };
    if (serve_datagram(&w->serve, &n->c.page, &q, &stats, out, &len) != VERDICT_ANSWERED)
        return false;
    if (ntp_packet_parse((struct span){ out, len }, h, &tail) != VERDICT_ACCEPTED)
        return false;
    return h->leap != LEAP_UNKNOWN && h->stratum > 0 && h->stratum < NTP_STRATUM_MAX;
}

/* Is its own claim about its error true? */
static bool claim_holds(const struct ntp_header *h, struct utc_ns told, struct utc_ns truth)
{
    int64_t limit = ntp_short32_to_dur(h->root_delay).ns / 2 + ntp_short32_to_dur(h->root_dispersion).ns;

    return dur_abs(utc_sub(told, truth)).ns <= ns_add(limit, 1);
}

static bool ask(struct sim_world *w, struct sim_node *n, const struct sim_reading *r, bool *claim_true)
{
    struct ntp_header h;

    if (!ask_header(w, n, r, false, &h))
        return false;
    *claim_true = claim_holds(&h, ntp_ts64_to_utc(h.transmit, r->truth), r->truth);
    return true;
}

/* The smearing listener, judged against the smear of the true leap second. */
static void ask_smeared(struct sim_world *w, struct sim_node *n, struct sim_reading *r, bool *claim_true)
{
    enum smear_law law = (enum smear_law)(w->serve.ntp.smear + 1);
    struct utc_ns truth = utc_add(world_utc(w), smear_offset(law, w->now, w->leap_at, w->leap_delta_s));
    struct ntp_header h;

    n->c.knew_leap |= w->leap_delta_s != 0 && n->c.page.leap_delta_s == w->leap_delta_s;
    if (!n->c.knew_leap || !ask_header(w, n, r, true, &h))
        return;
    r->smeared = ntp_ts64_to_utc(h.transmit, truth);
    r->smear_error = utc_sub(r->smeared, truth);
    *claim_true = *claim_true && h.leap == LEAP_NONE && claim_holds(&h, r->smeared, truth);
}

static void violate(struct sim_world *w, struct sim_node *n, enum invariant i, const struct sim_reading *r)
{
    struct sim_totals *t = &n->c.totals;

    if (t->violations[i]++ > 0)
        return;
    t->first_violation[i] = w->now;
    if (!w->log)
        return;
    fprintf(w->log, "# %12.3f %s: %s violated: served - true %+.9f s, earliest - true %+.9f s, latest - true %+.9f s, status %s\n",
            dur_to_s(tai_sub(w->now, w->start)), n->name, story_invariants[i], dur_to_s(r->error), dur_to_s(utc_sub(r->view.earliest, r->truth)),
            dur_to_s(utc_sub(r->view.latest, r->truth)), clock_status_text(r->view.status));
}

/* By the arithmetic of libutc's utc_now. */
static bool holds_in_pieces(const struct sim_node *n, const struct sim_reading *r)
{
    const struct page_piece *p = page_piece_of(n->c.piece, r->raw.ns);
    struct page_piece_instant at;

    if (!p || !p->usable)
        return true;
    page_piece_at(p, r->raw.ns, &at);
    return at.utc - at.early <= r->truth.ns && r->truth.ns <= at.utc + at.late;
}

static void check(struct sim_world *w, struct sim_node *n, const struct sim_reading *r, bool claim_true)
{
    const struct sim_reading *last = &n->c.last;
    bool stated = r->view.status == CLOCK_LOCAL, known = r->view.status == CLOCK_SYNCHRONISED || r->view.status == CLOCK_HOLDOVER;
    bool inside = !utc_earlier(r->truth, r->view.earliest) && !utc_earlier(r->view.latest, r->truth);

    if (r->usable && (!inside || !claim_true || !holds_in_pieces(n, r)))
        violate(w, n, INVARIANT_BOUND, r);
    /* by both: in UTC a leap repeats a second, and TAI moves where its count turns out to be another one */
    if (r->usable && last->usable && r->steps == last->steps && tai_before(r->view.tai, last->view.tai) && utc_earlier(r->view.utc, last->view.utc))
        violate(w, n, INVARIANT_FORWARD, r);
    if (r->usable && last->usable && r->steps == last->steps && r->smeared.ns && last->smeared.ns && utc_earlier(r->smeared, last->smeared))
        violate(w, n, INVARIANT_FORWARD, r);
    if (r->usable && !stated && (!known || n->c.answers == 0))
        violate(w, n, INVARIANT_USABLE, r);
}

/* Around a leap the two may be a second apart for the moment between their midnights. */
static struct dur_ns system_error(const struct sim_world *w, const struct sim_node *n)
{
    struct dur_ns e = utc_sub(client_system(n), world_utc(w));

    if (world_is_leaping(w) && dur_abs(e).ns > NS_PER_S / 2)
        e.ns += e.ns > 0 ? -NS_PER_S : NS_PER_S;
    return e;
}

/* The same against the law of leap.smear. */
static struct dur_ns system_smear_error(const struct sim_world *w, const struct sim_node *n)
{
    enum smear_law law = (enum smear_law)(n->c.options.clock.leap.smear + 1);

    return dur_sub(utc_sub(client_system(n), world_utc(w)), smear_offset(law, w->now, w->leap_at, w->leap_delta_s));
}

const struct sim_reading *client_read(struct sim_world *w, struct sim_node *n)
{
    struct sim_reading r = { .now = w->now, .truth = world_utc(w), .published = client_serves(n), .steps = n->c.logged[LOG_CLOCK_STEPPED] };
    bool claim_true = true;

    if (n->c.asleep)
        return &n->c.last; /* nobody reads a sleeping machine */
    r.raw = client_advance(w, n);
    r.system_error = system_error(w, n);
    r.system_smear_error = system_smear_error(w, n);
    if (r.published) {
        page_view(&n->c.page, r.raw, &r.view);
        r.error = utc_sub(r.view.utc, r.truth);
        if (world_is_leaping(w)) {
            r.error = tai_sub(r.view.tai, w->now);
            r.truth = utc_add(r.view.utc, dur_neg(r.error));
        }
        r.usable = ask(w, n, &r, &claim_true);
        ask_smeared(w, n, &r, &claim_true);
        r.bound = farther(utc_sub(r.view.utc, r.view.earliest), utc_sub(r.view.latest, r.view.utc));
        r.frequency_error = n->c.page.rate + oscillator_rate(&n->oscillator);
        check(w, n, &r, claim_true);
    }
    n->c.last = r;
    return &n->c.last;
}
