#include "observe/control.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "observe/control_fields.h"

#define CLOCK_SLEW_SANE_NS (INT64_C(1000000) * NS_PER_S)

/* ---- frames ---- */

static void frame_begin(struct writer *w, uint16_t verb)
{
    writer_u32(w, CONTROL_MAGIC);
    writer_u16(w, CONTROL_VERSION);
    writer_u16(w, verb);
    writer_u32(w, 0);
}

static size_t frame_end(struct writer *w)
{
    assert(!w->failed);
    wire_put32(w->start + 8, (uint32_t)writer_len(w)); /* over four bytes already written */
    return writer_len(w);
}

struct frame_header { uint32_t magic; uint16_t version, verb; uint32_t length; };

static struct frame_header frame_header_read(struct cursor *c)
{
    struct frame_header h;

    h.magic = cursor_u32(c);
    h.version = cursor_u16(c);
    h.verb = cursor_u16(c);
    h.length = cursor_u32(c);
    return h;
}

/* ---- the daemon's side ---- */

/* Move bytes into c until it holds `want` of them. Does it? */
static bool conn_fill(struct control_conn *c, size_t want, struct span bytes, size_t *used)
{
    while (c->len < want && *used < bytes.len)
        c->bytes[c->len++] = bytes.at[(*used)++];
    return c->len >= want;
}

static void request_read(struct control_conn *conn, const struct frame_header *h, struct cursor *c, struct control_request *r)
{
    struct control_codec question = { .in = *c };

    *r = (struct control_request){ .version = h->version, .verb = h->verb };
    if (h->version == CONTROL_VERSION && h->verb == CONTROL_VERB_SNAPSHOT)
        r->sections = cursor_u32(c);
    if (h->version == CONTROL_VERSION)
        control_question_fields(&question, r);
    r->malformed = c->failed || question.ended || r->from.family > ADDR_IPV6 || r->listener.family > ADDR_IPV6 || r->act >= CONTROL_SOURCE_ACTS;
    conn->len = 0;
}

enum control_outcome control_input(struct control_conn *c, struct span bytes, size_t *used, struct control_request *request)
{
    struct frame_header h;
    struct cursor in;

    *used = 0;
    if (!conn_fill(c, CONTROL_HEADER_SIZE, bytes, used))
        return CONTROL_MORE;
    in = cursor_of((struct span){ c->bytes, c->len });
    h = frame_header_read(&in);
    if (h.magic != CONTROL_MAGIC || h.length < CONTROL_HEADER_SIZE || h.length > CONTROL_REQUEST_MAX)
        return CONTROL_CLOSE;
    if (!conn_fill(c, h.length, bytes, used))
        return CONTROL_MORE;
    in.end = c->bytes + c->len;
    request_read(c, &h, &in, request);
    return CONTROL_REQUEST;
}

/* One section: the fields are written by `fields`, the length afterwards. */
static struct control_codec section_begin(struct writer *w, enum control_section id)
{
    writer_u16(w, (uint16_t)id);
    writer_u32(w, 0);
    return (struct control_codec){ .writing = true, .out = *w };
}

static void section_end(struct writer *w, const struct control_codec *x)
{
    size_t begin = writer_len(w);

    *w = x->out;
    assert(!w->failed); /* CONTROL_ANSWER_MAX has room for all of them */
    wire_put32(w->start + begin - 4, (uint32_t)(writer_len(w) - begin));
}

static void write_daemon(struct writer *w, struct snapshot s)
{
    struct control_codec x = section_begin(w, CONTROL_SECTION_DAEMON);

    control_daemon_fields(&x, &s);
    section_end(w, &x);
}

static void write_page(struct writer *w, struct page_data p)
{
    struct control_codec x = section_begin(w, CONTROL_SECTION_PAGE);

    control_page_fields(&x, &p);
    section_end(w, &x);
}

static void write_source(struct writer *w, struct snapshot_source s)
{
    struct control_codec x = section_begin(w, CONTROL_SECTION_SOURCE);

    control_source_fields(&x, &s);
    section_end(w, &x);
}

static void write_service(struct writer *w, struct snapshot_service s)
{
    struct control_codec x = section_begin(w, CONTROL_SECTION_SERVICE);

    control_service_fields(&x, &s);
    section_end(w, &x);
}

static void write_card(struct writer *w, enum control_section section, struct snapshot_card s)
{
    struct control_codec x = section_begin(w, section);

    control_card_fields(&x, &s);
    section_end(w, &x);
}

static void write_histogram(struct writer *w, uint8_t which, struct histogram h)
{
    struct control_codec x = section_begin(w, CONTROL_SECTION_HISTOGRAM);

    control_histogram_fields(&x, &which, &h);
    section_end(w, &x);
}

static void write_process(struct writer *w, struct snapshot_process p)
{
    struct control_codec x = section_begin(w, CONTROL_SECTION_PROCESS);

    control_process_fields(&x, &p);
    section_end(w, &x);
}

static void write_clients(struct writer *w, struct snapshot_clients c)
{
    struct control_codec x = section_begin(w, CONTROL_SECTION_CLIENTS);

    control_clients_fields(&x, &c);
    section_end(w, &x);
    for (uint32_t i = 0; i < c.count; i++) {
        x = section_begin(w, CONTROL_SECTION_CLIENT);
        control_client_fields(&x, &c.client[i]);
        section_end(w, &x);
    }
}

static void write_access(struct writer *w, struct snapshot_access a)
{
    struct control_codec x = section_begin(w, CONTROL_SECTION_ACCESS);

    control_access_fields(&x, &a);
    section_end(w, &x);
}

static void write_problems(struct writer *w, const struct problems *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        struct problem copy = p->item[i];
        struct control_codec x = section_begin(w, CONTROL_SECTION_PROBLEM);

        control_problem_fields(&x, &copy);
        section_end(w, &x);
    }
}

#define PIECE_MAX 255 /* of a text field */

/* A text longer than a field goes in pieces. */
static void write_text(struct writer *w, const char *text)
{
    for (size_t len; *text; text += len) {
        struct control_codec x = section_begin(w, CONTROL_SECTION_TEXT);
        char piece[PIECE_MAX + 1] = "";

        len = strnlen(text, PIECE_MAX);
        memcpy(piece, text, len);
        control_field_text(&x, piece, sizeof piece);
        section_end(w, &x);
    }
}

static void read_text(struct control_codec *x, char *out, size_t size)
{
    char piece[PIECE_MAX + 1] = "";

    control_field_text(x, piece, sizeof piece);
    strncat(out, piece, size - 1 - strlen(out));
}

static void write_sections(struct writer *w, uint32_t sections, const struct snapshot *s)
{
    if (sections & 1u << CONTROL_SECTION_DAEMON)
        write_daemon(w, *s);
    if (sections & 1u << CONTROL_SECTION_PAGE)
        write_page(w, s->page);
    for (uint32_t i = 0; i < s->source_count && (sections & 1u << CONTROL_SECTION_SOURCE); i++)
        write_source(w, s->source[i]);
    for (uint32_t i = 0; i < s->service_count && (sections & 1u << CONTROL_SECTION_SERVICE); i++)
        write_service(w, s->service[i]);
    for (uint32_t i = 0; i < s->card_count && (sections & 1u << CONTROL_SECTION_CARD); i++)
        write_card(w, CONTROL_SECTION_CARD, s->card[i]);
    for (uint32_t i = 0; i < s->xdp_count && (sections & 1u << CONTROL_SECTION_XDP); i++)
        write_card(w, CONTROL_SECTION_XDP, s->xdp[i]);
    if (sections & 1u << CONTROL_SECTION_PROBLEM)
        write_problems(w, &s->problems);
    for (uint8_t i = 0; i < HISTOGRAM_COUNT && (sections & 1u << CONTROL_SECTION_HISTOGRAM); i++)
        write_histogram(w, i, s->histogram[i]);
    for (uint32_t i = 0; i < s->process_count && (sections & 1u << CONTROL_SECTION_PROCESS); i++)
        write_process(w, s->process[i]);
    if (sections & 1u << CONTROL_SECTION_CLIENTS)
        write_clients(w, s->clients);
    for (uint32_t i = 0; i < s->access_count && (sections & 1u << CONTROL_SECTION_ACCESS); i++)
        write_access(w, s->access[i]);
    if (sections & 1u << CONTROL_SECTION_TEXT)
        write_text(w, s->text);
}

#define PRIVATE_SECTIONS (1u << CONTROL_SECTION_CLIENTS | 1u << CONTROL_SECTION_ACCESS | 1u << CONTROL_SECTION_TEXT)

bool control_is_change(const struct control_request *r) { return r->verb >= CONTROL_VERB_RELOAD && r->verb < CONTROL_VERBS; }

static uint32_t sections_of(const struct control_request *r)
{
    if (control_is_change(r))
        return 1u << CONTROL_SECTION_TEXT;
    switch (r->verb) {
    case CONTROL_VERB_VERSION: return 1u << CONTROL_SECTION_DAEMON;
    case CONTROL_VERB_CLIENTS: return 1u << CONTROL_SECTION_CLIENTS;
    case CONTROL_VERB_ACCESS: return 1u << CONTROL_SECTION_ACCESS;
    default: return r->sections & ~PRIVATE_SECTIONS;
    }
}

bool control_is_private(const struct control_request *request) { return (sections_of(request) & PRIVATE_SECTIONS) != 0; }

static enum control_result judge(const struct control_request *r)
{
    if (r->version != CONTROL_VERSION)
        return CONTROL_FOREIGN_VERSION;
    if (r->verb < CONTROL_VERB_VERSION || r->verb >= CONTROL_VERBS)
        return CONTROL_UNKNOWN_VERB;
    if (r->malformed)
        return CONTROL_MALFORMED;
    return r->denied ? CONTROL_DENIED : r->refused ? CONTROL_REFUSED : CONTROL_OK;
}

size_t control_answer(const struct control_request *request, const struct snapshot *s, uint8_t *out, size_t size)
{
    struct writer w = writer_of(out, size);
    enum control_result result = judge(request);

    assert(size >= CONTROL_ANSWER_MAX && s->source_count <= SNAPSHOT_SOURCES_MAX && s->service_count <= SNAPSHOT_SERVICES_MAX);
    assert(s->card_count <= SNAPSHOT_CARDS_MAX && s->clients.count <= SNAPSHOT_CLIENTS_MAX && s->access_count <= SNAPSHOT_PLACES_MAX);
    assert(s->xdp_count <= SNAPSHOT_CARDS_MAX && s->problems.count <= PROBLEMS_MAX && s->process_count <= SNAPSHOT_PROCESSES_MAX);
    frame_begin(&w, request->verb | CONTROL_ANSWER);
    writer_u16(&w, (uint16_t)result);
    if (result == CONTROL_OK || result == CONTROL_REFUSED)
        write_sections(&w, sections_of(request), s);
    return frame_end(&w);
}

/* ---- utcctl's side ---- */

size_t control_request_write(const struct control_request *request, uint8_t *out, size_t size)
{
    struct control_request copy = *request;
    struct control_codec x = { .writing = true, .out = writer_of(out, size) };

    frame_begin(&x.out, request->verb);
    if (request->verb == CONTROL_VERB_SNAPSHOT)
        writer_u32(&x.out, request->sections);
    control_question_fields(&x, &copy);
    return frame_end(&x.out);
}

size_t control_answer_size(const uint8_t header[CONTROL_HEADER_SIZE])
{
    struct cursor c = cursor_of((struct span){ header, CONTROL_HEADER_SIZE });
    struct frame_header h = frame_header_read(&c);

    if (h.magic != CONTROL_MAGIC || !(h.verb & CONTROL_ANSWER) || h.length < CONTROL_HEADER_SIZE || h.length > CONTROL_ANSWER_MAX)
        return 0;
    return h.length;
}

static uint8_t at_most(uint8_t v, int count) { return v < count ? v : (uint8_t)count; }

/* Numbers that index tables stay inside them or one above, which texts show as unknown. */
static void source_check(struct snapshot_source *s)
{
    s->state = at_most(s->state, SOURCE_STATE_COUNT);
    s->auth = at_most(s->auth, SOURCE_AUTH_COUNT);
    s->leap = at_most(s->leap, LEAP_UNKNOWN);
    s->stamp = at_most(s->stamp, STAMP_HARDWARE + 1);
    if (s->addr.family > ADDR_IPV6)
        s->addr = (struct net_addr){ 0 };
}

/* The page arithmetic divides and multiplies: only what page_data's own comments promise may enter it. */
static void page_check(struct page_data *p)
{
    const struct dur_ns none = { 0 };

    p->raw_ref = mono_max(p->raw_ref, (struct mono_ns){ 0 });
    p->slew_end = mono_max(p->slew_end, p->raw_ref);
    p->early = dur_max(p->early, none);
    p->late = dur_max(p->late, none);
    p->root_delay = dur_max(p->root_delay, none);
    p->rate = fabs(p->rate) <= 0.1 ? p->rate : 0;
    p->growth = p->growth >= 0 && p->growth <= 1 ? p->growth : 0;
    p->growth_silent = p->growth_silent >= 0 && p->growth_silent <= 1 ? p->growth_silent : 0;
    if (dur_abs(p->slew).ns > CLOCK_SLEW_SANE_NS)
        p->slew.ns = 0;
    if (p->tai_minus_utc_s < -1000 || p->tai_minus_utc_s > 1000)
        p->tai_minus_utc_s = 0;
    if (p->leap_delta_s < -1 || p->leap_delta_s > 1)
        p->leap_delta_s = 0;
    if (p->status >= CLOCK_STATUS_COUNT)
        p->status = CLOCK_UNSYNCHRONISED;
    p->leap = at_most(p->leap, LEAP_UNKNOWN);
}

static void client_check(struct snapshot_client *c)
{
    if (c->net.family > ADDR_IPV6)
        c->net = (struct net_addr){ 0 };
}

static void histogram_read(struct control_codec *x, struct snapshot *out)
{
    struct histogram h = { .sum_ns = 0 };
    uint8_t which = HISTOGRAM_COUNT;

    control_histogram_fields(x, &which, &h);
    if (which < HISTOGRAM_COUNT)
        out->histogram[which] = h;
}

static void problem_read(struct control_codec *x, struct problems *out)
{
    struct problem *p = &out->item[out->count];

    control_problem_fields(x, p);
    if (p->kind < PROBLEM_KINDS)
        out->count++;
    else
        memset(p, 0, sizeof *p);
}

/* What there is one of. */
static void section_read(uint16_t id, struct control_codec *x, struct snapshot *out)
{
    if (id == CONTROL_SECTION_DAEMON)
        control_daemon_fields(x, out);
    if (id == CONTROL_SECTION_PAGE) {
        control_page_fields(x, &out->page);
        page_check(&out->page);
    }
    if (id == CONTROL_SECTION_CLIENTS)
        control_clients_fields(x, &out->clients);
    if (id == CONTROL_SECTION_TEXT)
        read_text(x, out->text, sizeof out->text);
    if (id == CONTROL_SECTION_HISTOGRAM)
        histogram_read(x, out);
}

/* What there are several of: one more. */
static void item_read(uint16_t id, struct control_codec *x, struct snapshot *out)
{
    if (id == CONTROL_SECTION_SOURCE && out->source_count < SNAPSHOT_SOURCES_MAX) {
        struct snapshot_source *s = &out->source[out->source_count++];

        control_source_fields(x, s);
        source_check(s);
    }
    if (id == CONTROL_SECTION_CLIENT && out->clients.count < SNAPSHOT_CLIENTS_MAX) {
        struct snapshot_client *c = &out->clients.client[out->clients.count++];

        control_client_fields(x, c);
        client_check(c);
    }
    if (id == CONTROL_SECTION_ACCESS && out->access_count < SNAPSHOT_PLACES_MAX) {
        struct snapshot_access *a = &out->access[out->access_count++];

        control_access_fields(x, a);
        client_check(&a->client);
        if (a->from.family > ADDR_IPV6)
            a->from = (struct net_addr){ 0 };
    }
    if (id == CONTROL_SECTION_SERVICE && out->service_count < SNAPSHOT_SERVICES_MAX)
        control_service_fields(x, &out->service[out->service_count++]);
    if (id == CONTROL_SECTION_CARD && out->card_count < SNAPSHOT_CARDS_MAX)
        control_card_fields(x, &out->card[out->card_count++]);
    if (id == CONTROL_SECTION_XDP && out->xdp_count < SNAPSHOT_CARDS_MAX)
        control_card_fields(x, &out->xdp[out->xdp_count++]);
    if (id == CONTROL_SECTION_PROBLEM && out->problems.count < PROBLEMS_MAX)
        problem_read(x, &out->problems);
    if (id == CONTROL_SECTION_PROCESS && out->process_count < SNAPSHOT_PROCESSES_MAX)
        control_process_fields(x, &out->process[out->process_count++]);
}

int control_answer_read(struct span frame, enum control_result *result, struct snapshot *out)
{
    struct cursor c = cursor_of(frame);

    memset(out, 0, sizeof *out);
    if (frame.len < CONTROL_HEADER_SIZE)
        return -UE_TRUNCATED;
    if (control_answer_size(frame.at) != frame.len)
        return -UE_SYNTAX;
    (void)cursor_take(&c, CONTROL_HEADER_SIZE);
    *result = (enum control_result)cursor_u16(&c);
    while (!c.failed && (*result == CONTROL_OK || *result == CONTROL_REFUSED) && cursor_left(&c) > 0) {
        uint16_t id = cursor_u16(&c);
        struct control_codec x = { .in = cursor_of(cursor_take(&c, cursor_u32(&c))) };

        if (c.failed)
            break;
        section_read(id, &x, out);
        item_read(id, &x, out);
    }
    return c.failed ? -UE_TRUNCATED : 0;
}

const char *control_result_text(enum control_result r)
{
    static const char *const text[] = {
        [CONTROL_OK] = "done",
        [CONTROL_FOREIGN_VERSION] = "the daemon speaks another version of the control protocol: use the utcctl that came with it",
        [CONTROL_UNKNOWN_VERB] = "the daemon does not know this request: it is older than this utcctl",
        [CONTROL_MALFORMED] = "the daemon could not read the request",
        [CONTROL_DENIED] = "the daemon does not permit this to your user",
        [CONTROL_REFUSED] = "the daemon refused what was asked for",
    };

    return (unsigned)r < sizeof text / sizeof *text ? text[r] : "the daemon answered with a result that is not known here";
}
