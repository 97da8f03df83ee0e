/* The control protocol: what one side writes the other reads; nothing a stranger sends does more than close his connection. */
#include "observe/control.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/rng.h"
#include "base/test.h"

static uint8_t frame[CONTROL_ANSWER_MAX];

static struct dur_ns some_ns(struct prng *p) { return (struct dur_ns){ (int64_t)(prng_u64(p) >> 2) - INT64_C(1) * NS_PER_S }; }

static void some_source(struct prng *p, struct snapshot_source *s)
{
    snprintf(s->name, sizeof s->name, "source%u.example", (unsigned)(prng_u64(p) % 1000));
    s->addr = (struct net_addr){ .family = ADDR_IPV6, .port = 123, .scope = 7 };
    for (size_t i = 0; i < sizeof s->addr.bytes; i++)
        s->addr.bytes[i] = (uint8_t)prng_u64(p);
    s->state = (uint8_t)(prng_u64(p) % SOURCE_STATE_COUNT);
    s->pool = 1;
    s->reach = (uint8_t)prng_u64(p);
    s->stratum = (uint8_t)prng_u64(p);
    s->leap = LEAP_INSERT;
    s->stamp = STAMP_HARDWARE;
    s->interleaved = 1;
    s->auth = SOURCE_AUTH_NTS;
    s->cookies = 7;
    s->key_id = 4000000000;
    s->poll_log2 = -3;
    s->min_poll_log2 = -4;
    s->max_poll_log2 = 17;
    s->delay_floor = some_ns(p);
    s->delay_excess = some_ns(p);
    s->refid = (uint32_t)prng_u64(p);
    s->offset = dur_neg(some_ns(p));
    s->delay = some_ns(p);
    s->bound = some_ns(p);
    s->last_answer_age = (struct dur_ns){ -1 };
    s->sent = prng_u64(p);
    for (int v = 0; v < VERDICT_COUNT; v++)
        s->verdict[v] = prng_u64(p) % 3;
}

static void some_snapshot(uint64_t seed, uint32_t sources, struct snapshot *s)
{
    struct prng p;

    prng_seed(&p, seed);
    memset(s, 0, sizeof *s);
    snprintf(s->version, sizeof s->version, "0.1.%u", (unsigned)(prng_u64(&p) % 100));
    snprintf(s->clock_mode, sizeof s->clock_mode, "virtual");
    memset(s->hint, 'h', sizeof s->hint - 1);
    snprintf(s->leap_source, sizeof s->leap_source, "list");
    s->leap_expires.ns = some_ns(&p).ns;
    s->now = (struct mono_ns){ some_ns(&p).ns };
    s->freq_ppm = prng_normal(&p);
    s->wander = 1e-9;
    s->holdover_max_error.ns = NS_PER_S;
    s->limits = (struct snapshot_limits){ 500, 400, some_ns(&p), some_ns(&p), 8, 3, 10, some_ns(&p) };
    s->page.rate = 1e-6 * prng_normal(&p);
    s->page.raw_ref.ns = 1000;
    s->page.slew.ns = -5;
    s->page.slew_end.ns = INT64_MAX;
    s->page.late = some_ns(&p);
    s->page.leap_at.ns = INT64_MAX;
    s->page.tai_minus_utc_s = 37;
    s->page.leap_delta_s = -1;
    s->page.precision_log2 = -25;
    s->page.status = CLOCK_HOLDOVER;
    s->page.sources_false = 2;
    s->page.asleep = some_ns(&p);
    s->page.disruption = 9;
    s->answers_unsent = 3;
    s->connections_put_off = 4;
    s->source_count = sources;
    for (uint32_t i = 0; i < sources; i++)
        some_source(&p, &s->source[i]);
    s->problems.count = sources;
    for (uint32_t i = 0; i < sources; i++) {
        struct problem *x = &s->problems.item[i];

        x->kind = (uint8_t)(i % PROBLEM_KINDS);
        snprintf(x->subject, sizeof x->subject, "subject %u", i);
        snprintf(x->detail, sizeof x->detail, "detail %u", i);
        x->age.ns = i;
    }
    for (int i = 0; i < HISTOGRAM_COUNT; i++)
        for (int k = 0; k < 40; k++)
            histogram_add(&s->histogram[i], (struct dur_ns){ (int64_t)(prng_u64(&p) >> (k + 20)) });
    s->process_count = SNAPSHOT_PROCESSES_MAX;
    for (uint32_t i = 0; i < s->process_count; i++) {
        snprintf(s->process[i].role, sizeof s->process[i].role, "role%u", i);
        s->process[i].restarts = i * 1000;
    }
    s->card_count = sources;
    for (uint32_t i = 0; i < sources; i++) {
        snprintf(s->card[i].name, sizeof s->card[i].name, "eth%u", i);
        snprintf(s->card[i].text, sizeof s->card[i].text, "no such thing as %u", i);
        s->card[i].on = i % 2;
    }
}

static const struct control_request ask_all = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_SNAPSHOT, .sections = CONTROL_SECTIONS_ALL };

static void round_trip_keeps_every_field(void **state)
{
    static struct snapshot in, out;
    enum control_result result;

    (void)state;
    for (uint32_t n = 0; n <= SNAPSHOT_SOURCES_MAX; n++) {
        some_snapshot(n + 1, n, &in);
        size_t len = control_answer(&ask_all, &in, frame, sizeof frame);

        assert_int_equal(control_answer_size(frame), len);
        assert_int_equal(control_answer_read((struct span){ frame, len }, &result, &out), 0);
        assert_int_equal(result, CONTROL_OK);
        assert_memory_equal(&in, &out, sizeof in);
    }
}

/* A daemon that counts what this reader does not know. */
static void a_counter_of_another_version_is_passed_over(void **state)
{
    static struct snapshot in, out;
    const char *label = verdict_label(VERDICT_COUNT - 1);
    enum control_result result;
    uint8_t *at;
    size_t len;

    (void)state;
    some_snapshot(1, 1, &in);
    memset(in.source[0].verdict, 0, sizeof in.source[0].verdict);
    in.service_count = 1;
    snprintf(in.service[0].name, sizeof in.service[0].name, "NTP");
    in.service[0].verdict[0] = 4;
    in.service[0].verdict[VERDICT_COUNT - 1] = 5;
    len = control_answer(&ask_all, &in, frame, sizeof frame);
    at = memmem(frame, len, label, strlen(label));
    assert_non_null(at);
    memset(at, 'x', strlen(label));
    assert_int_equal(control_answer_read((struct span){ frame, len }, &result, &out), 0);
    in.service[0].verdict[VERDICT_COUNT - 1] = 0;
    assert_memory_equal(&in, &out, sizeof in);
}

static void the_largest_snapshot_fits(void **state)
{
    static struct snapshot s, out;
    enum control_result result;

    (void)state;
    some_snapshot(1, SNAPSHOT_SOURCES_MAX, &s);
    memset(s.version, 'v', sizeof s.version - 1);
    memset(s.clock_mode, 'm', sizeof s.clock_mode - 1);
    memset(s.clock_reason, 'r', sizeof s.clock_reason - 1);
    s.problems.count = PROBLEMS_MAX;
    for (int i = 0; i < PROBLEMS_MAX; i++) {
        memset(s.problems.item[i].subject, 's', PROBLEM_SUBJECT_MAX - 1);
        memset(s.problems.item[i].detail, 'd', PROBLEM_DETAIL_MAX - 1);
    }
    for (int i = 0; i < SNAPSHOT_SOURCES_MAX; i++) {
        memset(s.source[i].name, 'n', SNAPSHOT_NAME_MAX - 1);
        memset(s.source[i].verdict, 0xff, sizeof s.source[i].verdict);
        memset(s.card[i].name, 'c', SNAPSHOT_CARD_NAME_MAX - 1);
        memset(s.card[i].text, 't', SNAPSHOT_TEXT_MAX - 1);
    }
    size_t len = control_answer(&ask_all, &s, frame, sizeof frame);

    assert_int_equal(control_answer_read((struct span){ frame, len }, &result, &out), 0);
    assert_memory_equal(&s, &out, sizeof s);
}

static void only_the_sections_asked_for_come(void **state)
{
    struct control_request pages = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_SNAPSHOT, .sections = 1u << CONTROL_SECTION_PAGE };
    struct control_request version = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_VERSION };
    static struct snapshot in, out;
    enum control_result result;

    (void)state;
    some_snapshot(3, 2, &in);
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&pages, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_memory_equal(&in.page, &out.page, sizeof in.page);
    assert_int_equal(out.source_count, 0);
    assert_string_equal(out.version, "");
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&version, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_string_equal(out.version, in.version);
    assert_int_equal(out.page.tai_minus_utc_s, 0);
}

static void each_section_comes_alone(void **state)
{
    static const uint32_t public[] = { CONTROL_SECTION_DAEMON, CONTROL_SECTION_PAGE, CONTROL_SECTION_SOURCE, CONTROL_SECTION_SERVICE, CONTROL_SECTION_CARD,
                                       CONTROL_SECTION_XDP, CONTROL_SECTION_PROBLEM, CONTROL_SECTION_HISTOGRAM, CONTROL_SECTION_PROCESS };
    static struct snapshot in, out;
    enum control_result result;

    (void)state;
    some_snapshot(3, 2, &in);
    in.service_count = in.xdp_count = in.process_count = 2;
    snprintf(in.text, sizeof in.text, "never in a snapshot");
    for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
        const struct control_request one = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_SNAPSHOT, .sections = 1u << public[i] };

        assert_int_equal(control_answer_read((struct span){ frame, control_answer(&one, &in, frame, sizeof frame) }, &result, &out), 0);
        assert_int_equal(out.version[0] != '\0', public[i] == CONTROL_SECTION_DAEMON);
        assert_int_equal(out.page.tai_minus_utc_s != 0, public[i] == CONTROL_SECTION_PAGE);
        assert_int_equal(out.source_count, public[i] == CONTROL_SECTION_SOURCE ? 2 : 0);
        assert_int_equal(out.service_count, public[i] == CONTROL_SECTION_SERVICE ? 2 : 0);
        assert_int_equal(out.card_count, public[i] == CONTROL_SECTION_CARD ? 2 : 0);
        assert_int_equal(out.xdp_count, public[i] == CONTROL_SECTION_XDP ? 2 : 0);
        assert_int_equal(out.problems.count, public[i] == CONTROL_SECTION_PROBLEM ? 2 : 0);
        assert_int_equal(out.histogram[0].sum_ns != 0, public[i] == CONTROL_SECTION_HISTOGRAM);
        assert_int_equal(out.process_count, public[i] == CONTROL_SECTION_PROCESS ? 2 : 0);
        assert_string_equal(out.text, "");
    }
}

/* What came of a change is told by its text alone, which goes in pieces; a refusal is told as well as what was done. */
static void texts_answer_changes(void **state)
{
    static const struct { uint16_t verb; bool refused; size_t len; } rows[] = {
        { CONTROL_VERB_RELOAD, false, 0 }, { CONTROL_VERB_SOURCE, false, 1 },   { CONTROL_VERB_LOG_LEVEL, true, 254 },
        { CONTROL_VERB_STEP, false, 255 }, { CONTROL_VERB_RELOAD, true, 256 }, { CONTROL_VERB_STEP, false, SNAPSHOT_ANSWER_MAX - 1 },
    };
    static struct snapshot in, out;
    enum control_result result;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct control_request r = { .version = CONTROL_VERSION, .verb = rows[i].verb, .refused = rows[i].refused };

        some_snapshot(3, 2, &in);
        memset(in.text, 't', rows[i].len);
        assert_true(control_is_change(&r) && control_is_private(&r));
        assert_int_equal(control_answer_read((struct span){ frame, control_answer(&r, &in, frame, sizeof frame) }, &result, &out), 0);
        assert_int_equal(result, rows[i].refused ? CONTROL_REFUSED : CONTROL_OK);
        assert_string_equal(out.text, in.text);
        assert_int_equal(out.source_count, 0);
    }
}

/* A text that fills its field comes whole, one without an end is cut before the last byte. */
static void texts_fill_their_fields(void **state)
{
    static struct snapshot in, out;
    enum control_result result;

    (void)state;
    some_snapshot(3, 1, &in);
    memset(in.version, 'v', sizeof in.version - 1);
    in.version[sizeof in.version - 1] = '\0';
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&ask_all, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_string_equal(out.version, in.version);
    in.version[sizeof in.version - 1] = in.clock_mode[0] = 'v';
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&ask_all, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_int_equal(strnlen(out.version, sizeof out.version), sizeof out.version - 1);
    assert_int_equal(frame[CONTROL_HEADER_SIZE + 2 + 6], sizeof in.version - 1);
}

static void some_client(struct prng *p, struct snapshot_client *c)
{
    *c = (struct snapshot_client){ .net = { .family = ADDR_IPV4, .bytes = { 192, 0, 2, (uint8_t)prng_u64(p) } }, .bits = 32, .requests = (uint32_t)prng_u64(p),
                                   .refused = 7, .per_second = 12.5, .blocked = 1, .last_age = some_ns(p) };
}

/* Who the clients are is told by its own verb, and never by a snapshot. */
static void clients_are_told_to_who_asks_for_them(void **state)
{
    const struct control_request clients = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_CLIENTS, .clients = 5 };
    struct control_request denied = clients;
    static struct snapshot in, out;
    enum control_result result;
    struct prng p;

    (void)state;
    prng_seed(&p, 4);
    some_snapshot(3, 2, &in);
    in.clients = (struct snapshot_clients){ .counted = 1, .known = 100000, .ever = 1e7, .count = SNAPSHOT_CLIENTS_MAX };
    for (uint32_t i = 0; i < SNAPSHOT_CLIENTS_MAX; i++)
        some_client(&p, &in.clients.client[i]);
    assert_true(control_is_private(&clients));
    assert_false(control_is_private(&ask_all));
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&clients, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_memory_equal(&in.clients, &out.clients, sizeof in.clients);
    assert_int_equal(out.source_count, 0);
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&ask_all, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_int_equal(out.clients.count, 0);
    denied.denied = true;
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&denied, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_int_equal(result, CONTROL_DENIED);
    assert_int_equal(out.clients.count, 0);
}

static void access_round_trip(void **state)
{
    const struct control_request ask = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_ACCESS };
    const struct control_request other = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_SNAPSHOT };
    static struct snapshot in, out;
    enum control_result result;
    struct prng p;

    (void)state;
    prng_seed(&p, 5);
    memset(&in, 0, sizeof in);
    in.access_count = SNAPSHOT_PLACES_MAX;
    for (uint32_t i = 0; i < SNAPSHOT_PLACES_MAX; i++) {
        struct snapshot_access *a = &in.access[i];

        a->from = (struct net_addr){ .family = ADDR_IPV6, .bytes = { 0x20, 1 } };
        snprintf(a->service, sizeof a->service, "NTP");
        memset(a->listener, 'l', sizeof a->listener - 1);
        memset(a->place, 'p', sizeof a->place - 1);
        memset(a->net, 'n', sizeof a->net - 1);
        snprintf(a->action, sizeof a->action, "authenticate");
        a->listeners = 2;
        a->matched = a->logged = 1;
        a->item = i;
        some_client(&p, &a->client);
    }
    assert_true(control_is_private(&ask));
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&ask, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_memory_equal(in.access, out.access, sizeof in.access);
    in.access_count = 1;
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&ask, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_int_equal(out.access_count, 1);
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&other, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_int_equal(out.access_count, 0); /* who did not ask is not told whom we refuse */
}

/* Addresses up to IPv6 are kept; a family that nobody has is none. */
static void families_of_an_answer(void **state)
{
    const struct control_request ask = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_ACCESS };
    const struct control_request clients = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_CLIENTS };
    static struct snapshot in, out;
    enum control_result result;

    (void)state;
    memset(&in, 0, sizeof in);
    in.access_count = in.clients.count = 1;
    for (uint8_t family = ADDR_IPV6; family <= ADDR_IPV6 + 1; family++) {
        uint8_t kept = family == ADDR_IPV6 ? family : ADDR_NONE;

        in.access[0].from.family = in.access[0].client.net.family = in.clients.client[0].net.family = family;
        assert_int_equal(control_answer_read((struct span){ frame, control_answer(&ask, &in, frame, sizeof frame) }, &result, &out), 0);
        assert_int_equal(out.access[0].from.family, kept);
        assert_int_equal(out.access[0].client.net.family, kept);
        assert_int_equal(control_answer_read((struct span){ frame, control_answer(&clients, &in, frame, sizeof frame) }, &result, &out), 0);
        assert_int_equal(out.clients.client[0].net.family, kept);
    }
}

static void questions_round_trip_and_are_refused_when_cut(void **state)
{
    struct control_request in = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_ACCESS, .from = { .family = ADDR_IPV4, .bytes = { 10 } }, .service = "ntp",
                                  .listener = { .family = ADDR_IPV6, .port = 123 }, .interface = "eth0" }, out;
    struct control_conn c = { 0 };
    uint8_t bytes[CONTROL_REQUEST_MAX];
    size_t used, len = control_request_write(&in, bytes, sizeof bytes);

    (void)state;
    assert_int_equal(control_input(&c, (struct span){ bytes, len }, &used, &out), CONTROL_REQUEST);
    assert_memory_equal(&in, &out, sizeof in);
    bytes[11] = (uint8_t)(len - 1);
    assert_int_equal(control_input(&c, (struct span){ bytes, len - 1 }, &used, &out), CONTROL_REQUEST);
    assert_true(out.malformed);
    bytes[11] = (uint8_t)len;
    bytes[12] = 9; /* a family nobody has */
    assert_int_equal(control_input(&c, (struct span){ bytes, len }, &used, &out), CONTROL_REQUEST);
    assert_true(out.malformed);
    in = (struct control_request){ .version = CONTROL_VERSION, .verb = CONTROL_VERB_CLIENTS, .clients = 300 };
    len = control_request_write(&in, bytes, sizeof bytes);
    assert_int_equal(control_input(&c, (struct span){ bytes, len }, &used, &out), CONTROL_REQUEST);
    assert_int_equal(out.clients, 300);
}

/* Each verb carries what it asks for, and nothing else. */
static void every_verb_carries_its_question(void **state)
{
    static const struct { struct control_request r; size_t len; } rows[] = {
        { { .verb = CONTROL_VERB_VERSION }, 0 },
        { { .verb = CONTROL_VERB_SNAPSHOT, .sections = 0x01020304 }, 4 },
        { { .verb = CONTROL_VERB_CLIENTS, .clients = 0x0102 }, 2 },
        { { .verb = CONTROL_VERB_ACCESS, .from = { .family = ADDR_IPV6, .scope = 3 }, .service = "ntp", .listener = { .family = ADDR_IPV4 },
            .interface = "eth0" }, 2 * 23 + 4 + 5 },
        { { .verb = CONTROL_VERB_RELOAD }, 0 },
        { { .verb = CONTROL_VERB_SOURCE, .act = CONTROL_SOURCE_BURST, .text = "a.example" }, 11 },
        { { .verb = CONTROL_VERB_LOG_LEVEL, .text = "ntp", .level = "debug" }, 10 },
        { { .verb = CONTROL_VERB_STEP }, 0 },
    };
    uint8_t bytes[CONTROL_REQUEST_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct control_request in = rows[i].r, out;
        struct control_conn c = { 0 };
        size_t used, len = control_request_write(&in, bytes, sizeof bytes);

        in.version = CONTROL_VERSION;
        assert_int_equal(len, CONTROL_HEADER_SIZE + rows[i].len);
        assert_int_equal(control_input(&c, (struct span){ bytes, len }, &used, &out), CONTROL_REQUEST);
        assert_memory_equal(&in, &out, sizeof in);
    }
}

/* Of several that a verb asks for, each alone makes a question malformed. */
static void malformed_questions(void **state)
{
    static const struct { struct control_request r; bool malformed; } rows[] = {
        { { .verb = CONTROL_VERB_ACCESS, .from.family = ADDR_IPV6, .listener.family = ADDR_IPV6 }, false },
        { { .verb = CONTROL_VERB_ACCESS, .from.family = ADDR_IPV6 + 1 }, true },
        { { .verb = CONTROL_VERB_ACCESS, .listener.family = ADDR_IPV6 + 1 }, true },
        { { .verb = CONTROL_VERB_SOURCE, .act = CONTROL_SOURCE_ACTS - 1 }, false },
        { { .verb = CONTROL_VERB_SOURCE, .act = CONTROL_SOURCE_ACTS }, true },
    };
    uint8_t bytes[CONTROL_REQUEST_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct control_conn c = { 0 };
        struct control_request r;
        size_t used, len = control_request_write(&rows[i].r, bytes, sizeof bytes);

        assert_int_equal(control_input(&c, (struct span){ bytes, len }, &used, &r), CONTROL_REQUEST);
        assert_int_equal(r.malformed, rows[i].malformed);
    }
}

/* ---- requests ---- */

static void requests_are_read_one_byte_at_a_time(void **state)
{
    uint8_t bytes[CONTROL_REQUEST_MAX];
    size_t len = control_request_write(&ask_all, bytes, sizeof bytes), used;
    struct control_conn c = { 0 };
    struct control_request r;

    (void)state;
    for (int again = 0; again < 2; again++) {
        for (size_t i = 0; i + 1 < len; i++) {
            assert_int_equal(control_input(&c, (struct span){ bytes + i, 1 }, &used, &r), CONTROL_MORE);
            assert_int_equal(used, 1);
        }
        assert_int_equal(control_input(&c, (struct span){ bytes + len - 1, 1 }, &used, &r), CONTROL_REQUEST);
        assert_int_equal(r.verb, CONTROL_VERB_SNAPSHOT);
        assert_int_equal(r.sections, CONTROL_SECTIONS_ALL);
        assert_false(r.malformed);
    }
}

static void two_requests_in_one_read_are_two(void **state)
{
    struct control_request version = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_VERSION }, r;
    uint8_t bytes[2 * CONTROL_REQUEST_MAX];
    size_t one = control_request_write(&version, bytes, CONTROL_REQUEST_MAX), used;
    size_t both = one + control_request_write(&ask_all, bytes + one, CONTROL_REQUEST_MAX);
    struct control_conn c = { 0 };

    (void)state;
    assert_int_equal(control_input(&c, (struct span){ bytes, both }, &used, &r), CONTROL_REQUEST);
    assert_int_equal(r.verb, CONTROL_VERB_VERSION);
    assert_int_equal(used, one);
    assert_int_equal(control_input(&c, (struct span){ bytes + used, both - used }, &used, &r), CONTROL_REQUEST);
    assert_int_equal(r.verb, CONTROL_VERB_SNAPSHOT);
    assert_int_equal(used, both - one);
    assert_int_equal(control_input(&c, (struct span){ bytes, 0 }, &used, &r), CONTROL_MORE);
}

static size_t raw_frame(uint8_t *out, uint32_t magic, uint16_t version, uint16_t verb, uint32_t length)
{
    struct writer w = writer_of(out, CONTROL_HEADER_SIZE);

    writer_u32(&w, magic);
    writer_u16(&w, version);
    writer_u16(&w, verb);
    writer_u32(&w, length);
    return writer_len(&w);
}

static void ctl_01_impossible_frames_close(void **state)
{
    static const struct { const char *name; uint32_t magic, length; enum control_outcome expected; } rows[] = {
        { "length 0", CONTROL_MAGIC, 0, CONTROL_CLOSE },
        { "shorter than its header", CONTROL_MAGIC, CONTROL_HEADER_SIZE - 1, CONTROL_CLOSE },
        { "length 2^32-1", CONTROL_MAGIC, UINT32_MAX, CONTROL_CLOSE },
        { "one too long", CONTROL_MAGIC, CONTROL_REQUEST_MAX + 1, CONTROL_CLOSE },
        { "other magic", CONTROL_MAGIC + 1, CONTROL_HEADER_SIZE, CONTROL_CLOSE },
        { "truncated", CONTROL_MAGIC, CONTROL_REQUEST_MAX, CONTROL_MORE },
        { "header alone", CONTROL_MAGIC, CONTROL_HEADER_SIZE, CONTROL_REQUEST },
    };
    uint8_t bytes[CONTROL_HEADER_SIZE];
    struct control_request r;
    size_t used;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct control_conn c = { 0 };
        size_t len = raw_frame(bytes, rows[i].magic, CONTROL_VERSION, CONTROL_VERB_VERSION, rows[i].length);

        if (control_input(&c, (struct span){ bytes, len }, &used, &r) != rows[i].expected)
            fail_msg("%s", rows[i].name);
    }
}

static void a_frame_is_never_kept_beyond_its_length(void **state)
{
    uint8_t bytes[4 * CONTROL_REQUEST_MAX] = { 0 };
    struct control_conn c = { 0 };
    struct control_request r;
    size_t used;

    (void)state;
    raw_frame(bytes, CONTROL_MAGIC, CONTROL_VERSION, CONTROL_VERB_SNAPSHOT, CONTROL_REQUEST_MAX);
    assert_int_equal(control_input(&c, (struct span){ bytes, sizeof bytes }, &used, &r), CONTROL_REQUEST);
    assert_int_equal(used, CONTROL_REQUEST_MAX);
    assert_int_equal(c.len, 0);
    assert_int_equal(control_input(&c, (struct span){ bytes, 20 }, &used, &r), CONTROL_MORE); /* and in two pieces */
    assert_int_equal(control_input(&c, (struct span){ bytes + 20, sizeof bytes - 20 }, &used, &r), CONTROL_REQUEST);
    assert_int_equal(used, CONTROL_REQUEST_MAX - 20);
}

static enum control_result result_of(uint16_t version, uint16_t verb, bool malformed, uint16_t *spoken)
{
    struct control_request r = { .version = version, .verb = verb, .sections = CONTROL_SECTIONS_ALL, .malformed = malformed };
    static struct snapshot s, out;
    enum control_result result;
    size_t len;

    some_snapshot(5, 1, &s);
    len = control_answer(&r, &s, frame, sizeof frame);
    assert_int_equal(control_answer_read((struct span){ frame, len }, &result, &out), 0);
    assert_int_equal(out.source_count, result == CONTROL_OK ? 1 : 0);
    *spoken = (uint16_t)(frame[4] << 8 | frame[5]);
    return result;
}

static void what_is_not_known_is_answered_with_a_reason(void **state)
{
    uint16_t spoken;

    (void)state;
    assert_int_equal(result_of(CONTROL_VERSION, CONTROL_VERB_SNAPSHOT, false, &spoken), CONTROL_OK);
    assert_int_equal(result_of(CONTROL_VERSION, 0x7000, false, &spoken), CONTROL_UNKNOWN_VERB);
    assert_int_equal(result_of(CONTROL_VERSION, 0, false, &spoken), CONTROL_UNKNOWN_VERB);
    assert_int_equal(result_of(CONTROL_VERSION, CONTROL_VERBS, false, &spoken), CONTROL_UNKNOWN_VERB);
    assert_false(control_is_change(&(struct control_request){ .verb = CONTROL_VERBS }));
    assert_int_equal(result_of(CONTROL_VERSION, CONTROL_VERB_SNAPSHOT, true, &spoken), CONTROL_MALFORMED);
    assert_int_equal(result_of(9, CONTROL_VERB_SNAPSHOT, false, &spoken), CONTROL_FOREIGN_VERSION);
    assert_int_equal(spoken, CONTROL_VERSION);
    assert_non_null(strstr(control_result_text(CONTROL_UNKNOWN_VERB), "older"));
    assert_non_null(strstr(control_result_text((enum control_result)77), "not known"));
}

static void a_snapshot_request_without_its_body_is_malformed(void **state)
{
    uint8_t bytes[CONTROL_HEADER_SIZE];
    size_t len = raw_frame(bytes, CONTROL_MAGIC, CONTROL_VERSION, CONTROL_VERB_SNAPSHOT, CONTROL_HEADER_SIZE), used;
    struct control_conn c = { 0 };
    struct control_request r;

    (void)state;
    assert_int_equal(control_input(&c, (struct span){ bytes, len }, &used, &r), CONTROL_REQUEST);
    assert_true(r.malformed);
}

/* ---- answers of other versions, and of liars ---- */

static void answer_begin(struct writer *w)
{
    *w = writer_of(frame, sizeof frame);
    writer_u32(w, CONTROL_MAGIC);
    writer_u16(w, CONTROL_VERSION);
    writer_u16(w, CONTROL_VERB_SNAPSHOT | CONTROL_ANSWER);
    writer_u32(w, 0);
    writer_u16(w, CONTROL_OK);
}

static int answer_read(struct writer *w, struct snapshot *out)
{
    struct writer length = writer_of(frame + 8, 4);
    enum control_result result;

    writer_u32(&length, (uint32_t)writer_len(w));
    return control_answer_read((struct span){ frame, writer_len(w) }, &result, out);
}

static void section(struct writer *w, uint16_t id, const void *body, uint32_t len)
{
    writer_u16(w, id);
    writer_u32(w, len);
    writer_bytes(w, body, len);
}

static void unknown_sections_are_skipped_and_missing_fields_stay_zero(void **state)
{
    static const uint8_t name_only[] = { 4, 'a', '.', 'e', 'x' };
    static const uint8_t version_and_more[] = { 3, '9', '.', '9', 1, 'm', 0, 0 };
    static struct snapshot out;
    struct writer w;

    (void)state;
    answer_begin(&w);
    section(&w, 999, "whatever", 8);
    section(&w, CONTROL_SECTION_SOURCE, name_only, sizeof name_only);
    section(&w, CONTROL_SECTION_DAEMON, version_and_more, sizeof version_and_more);
    assert_int_equal(answer_read(&w, &out), 0);
    assert_string_equal(out.version, "9.9");
    assert_string_equal(out.clock_mode, "m");
    assert_int_equal(out.uptime.ns, 0);
    assert_int_equal(out.source_count, 1);
    assert_string_equal(out.source[0].name, "a.ex");
    assert_int_equal(out.source[0].sent, 0);
}

static void fields_added_later_are_skipped(void **state)
{
    static struct snapshot in, out;
    uint8_t longer[CONTROL_ANSWER_MAX];
    struct control_request daemon = { CONTROL_VERSION, CONTROL_VERB_SNAPSHOT, 1u << CONTROL_SECTION_DAEMON, false };
    size_t head = CONTROL_HEADER_SIZE + 2 + 6, len;
    struct writer w;

    (void)state;
    some_snapshot(8, 0, &in);
    len = control_answer(&daemon, &in, frame, sizeof frame) - head;
    memcpy(longer, frame + head, len);
    memset(longer + len, 0xee, 100);
    answer_begin(&w);
    section(&w, CONTROL_SECTION_DAEMON, longer, (uint32_t)len + 100);
    section(&w, CONTROL_SECTION_DAEMON, longer, (uint32_t)len + 100);
    assert_int_equal(answer_read(&w, &out), 0);
    assert_string_equal(out.hint, in.hint);
    assert_int_equal(out.uptime.ns, in.uptime.ns);
}

static void a_lying_daemon_cannot_leave_bad_values(void **state)
{
    static struct snapshot in, out;
    struct snapshot_source *s = &in.source[0];
    enum control_result result;
    struct clock_view view;

    (void)state;
    some_snapshot(9, 1, &in);
    s->state = s->leap = s->stamp = 255;
    s->addr.family = 200;
    in.freq_ppm = NAN;
    in.page.rate = INFINITY;
    in.page.growth = -1;
    in.page.slew.ns = INT64_MIN;
    in.page.raw_ref.ns = INT64_MIN;
    in.page.early.ns = in.page.late.ns = INT64_MIN;
    in.page.tai_minus_utc_s = INT32_MIN;
    in.page.leap_delta_s = INT32_MAX;
    in.page.status = in.page.leap = 255;
    assert_int_equal(control_answer_read((struct span){ frame, control_answer(&ask_all, &in, frame, sizeof frame) }, &result, &out), 0);
    assert_string_equal(source_state_text(out.source[0].state), "unknown");
    assert_int_equal(out.source[0].addr.family, ADDR_NONE);
    assert_true(out.freq_ppm == 0);
    assert_true(out.page.rate == 0);
    page_view(&out.page, (struct mono_ns){ INT64_MAX - 1 }, &view);
    assert_int_equal(view.status, CLOCK_UNSYNCHRONISED);
    assert_true(view.earliest.ns <= view.latest.ns);
}

/* What is just sane passes unchanged, what is just not is put right. */
static void the_edges_of_what_is_sane(void **state)
{
    static const struct { double growth, rate; int64_t slew_s; int32_t tai, leap; uint8_t status; bool sane; } rows[] = {
        { 0, 0.1, 1000000, 1000, 1, CLOCK_STATUS_COUNT - 1, true }, { 1, -0.1, -1000000, -1000, -1, 0, true },
        { -1e-9, 0.100001, 1000001, 1001, 2, CLOCK_STATUS_COUNT, false }, { 1.000001, -0.100001, -1000001, -1001, -2, 255, false },
    };
    static struct snapshot in, out;
    enum control_result result;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        some_snapshot(13, 1, &in);
        in.page.growth = in.page.growth_silent = rows[i].growth;
        in.page.rate = rows[i].rate;
        in.page.slew.ns = rows[i].slew_s * NS_PER_S;
        in.page.tai_minus_utc_s = rows[i].tai;
        in.page.leap_delta_s = rows[i].leap;
        in.page.status = rows[i].status;
        in.source[0].stamp = rows[i].sane ? STAMP_HARDWARE : STAMP_HARDWARE + 2;
        assert_int_equal(control_answer_read((struct span){ frame, control_answer(&ask_all, &in, frame, sizeof frame) }, &result, &out), 0);
        assert_true(out.page.growth == (rows[i].sane ? rows[i].growth : 0) && out.page.growth_silent == out.page.growth);
        assert_true(out.page.rate == (rows[i].sane ? rows[i].rate : 0));
        assert_int_equal(out.page.slew.ns, rows[i].sane ? in.page.slew.ns : 0);
        assert_int_equal(out.page.tai_minus_utc_s, rows[i].sane ? rows[i].tai : 0);
        assert_int_equal(out.page.leap_delta_s, rows[i].sane ? rows[i].leap : 0);
        assert_int_equal(out.page.status, rows[i].sane ? rows[i].status : CLOCK_UNSYNCHRONISED);
        assert_int_equal(out.source[0].stamp, rows[i].sane ? STAMP_HARDWARE : STAMP_HARDWARE + 1);
    }
}

static void headers_that_begin_no_answer(void **state)
{
    static const struct { const char *name; size_t at; uint8_t mask; } damage[] = { { "magic", 3, 1 }, { "a request's verb", 6, 0x80 } };
    static const struct { uint32_t length; size_t size; } rows[] = { { CONTROL_HEADER_SIZE - 1, 0 }, { CONTROL_HEADER_SIZE, CONTROL_HEADER_SIZE },
                                                                     { CONTROL_ANSWER_MAX, CONTROL_ANSWER_MAX }, { CONTROL_ANSWER_MAX + 1, 0 } };
    static struct snapshot in;
    size_t len;

    (void)state;
    some_snapshot(14, 1, &in);
    len = control_answer(&ask_all, &in, frame, sizeof frame);
    assert_int_equal(control_answer_size(frame), len);
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        frame[damage[i].at] ^= damage[i].mask;
        if (control_answer_size(frame) != 0)
            fail_msg("%s", damage[i].name);
        frame[damage[i].at] ^= damage[i].mask;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct writer w = writer_of(frame + 8, 4);

        writer_u32(&w, rows[i].length);
        assert_int_equal(control_answer_size(frame), rows[i].size);
    }
}

static void every_cut_of_an_answer_is_refused(void **state)
{
    static struct snapshot in, out;
    enum control_result result;
    size_t len;

    (void)state;
    some_snapshot(11, 1, &in);
    len = control_answer(&ask_all, &in, frame, sizeof frame);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(control_answer_read((struct span){ frame, cut }, &result, &out), cut < CONTROL_HEADER_SIZE ? -UE_TRUNCATED : -UE_SYNTAX);
}

/* A text as another version may write it: it fills its field, is longer, or has an end of its own. */
static void texts_are_cut_to_their_fields(void **state)
{
    enum { SIZE = SNAPSHOT_NAME_MAX };
    static const struct { size_t len, kept; } rows[] = { { SIZE - 2, SIZE - 2 }, { SIZE - 1, SIZE - 1 }, { SIZE, SIZE - 1 }, { SIZE + 1, SIZE - 1 } };
    static struct snapshot out;
    uint8_t body[SIZE + 8];
    struct writer w;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(body, 'v', sizeof body);
        body[0] = (uint8_t)rows[i].len;
        body[1 + rows[i].len] = 1; /* clock_mode */
        answer_begin(&w);
        section(&w, CONTROL_SECTION_DAEMON, body, (uint32_t)rows[i].len + 3);
        assert_int_equal(answer_read(&w, &out), 0);
        assert_int_equal(strnlen(out.version, SIZE), rows[i].kept);
        assert_string_equal(out.clock_mode, "v");
    }
    body[3] = '\0';
    answer_begin(&w);
    section(&w, CONTROL_SECTION_DAEMON, body, sizeof body);
    assert_int_equal(answer_read(&w, &out), 0);
    assert_string_equal(out.version, "vv");
}

/* Counters, problems and histograms that only another version knows. */
static void names_that_are_not_known_here_are_left_out(void **state)
{
    static const char counters[] = "\1a" "\0\0\0\0\0\0\0\3" "\2" "\1x" "\0\0\0\0\0\0\0\7" "\10accepted" "\0\0\0\0\0\0\0\11";
    static const char unknown[] = "\7unknown";
    static const uint8_t short_histogram[] = { 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 6 };
    static const uint8_t which = HISTOGRAM_COUNT;
    static struct snapshot out, none;
    struct writer w;

    (void)state;
    answer_begin(&w);
    section(&w, CONTROL_SECTION_SERVICE, counters, sizeof counters - 1);
    section(&w, CONTROL_SECTION_PROBLEM, unknown, sizeof unknown);
    section(&w, CONTROL_SECTION_HISTOGRAM, &which, 0);
    section(&w, CONTROL_SECTION_HISTOGRAM, &which, 1);
    section(&w, CONTROL_SECTION_HISTOGRAM, short_histogram, sizeof short_histogram);
    assert_int_equal(answer_read(&w, &out), 0);
    assert_int_equal(out.service[0].requests, 3);
    assert_int_equal(out.service[0].ahead.ns, 0);
    assert_int_equal(out.service[0].verdict[VERDICT_ACCEPTED], 9);
    assert_memory_equal(&out.problems, &none.problems, sizeof none.problems);
    assert_int_equal(out.histogram[0].sum_ns, 5);
    assert_int_equal(out.histogram[0].count[0], 4);
    assert_int_equal(out.histogram[0].count[1], 0);
    assert_memory_equal(&out.histogram[1], &none.histogram[1], sizeof none.histogram - sizeof none.histogram[0]);
}

static void too_many_of_anything_are_not_stored(void **state)
{
    static const uint8_t name_only[] = { 1, 'a' }, no_name[] = { 0 };
    static const char a_problem[] = "\11no-source";
    static struct snapshot out;
    struct writer w;

    (void)state;
    answer_begin(&w);
    for (int i = 0; i < 150; i++) {
        section(&w, CONTROL_SECTION_SOURCE, name_only, sizeof name_only);
        section(&w, CONTROL_SECTION_SERVICE, name_only, sizeof name_only);
        section(&w, CONTROL_SECTION_CARD, name_only, sizeof name_only);
        section(&w, CONTROL_SECTION_XDP, name_only, sizeof name_only);
        section(&w, CONTROL_SECTION_CLIENT, no_name, sizeof no_name);
        section(&w, CONTROL_SECTION_ACCESS, no_name, sizeof no_name);
        section(&w, CONTROL_SECTION_PROBLEM, a_problem, sizeof a_problem);
        section(&w, CONTROL_SECTION_PROCESS, name_only, sizeof name_only);
        section(&w, CONTROL_SECTION_TEXT, name_only, sizeof name_only);
    }
    assert_int_equal(answer_read(&w, &out), 0);
    assert_int_equal(out.source_count, SNAPSHOT_SOURCES_MAX);
    assert_int_equal(out.service_count, SNAPSHOT_SERVICES_MAX);
    assert_int_equal(out.card_count, SNAPSHOT_CARDS_MAX);
    assert_int_equal(out.xdp_count, SNAPSHOT_CARDS_MAX);
    assert_int_equal(out.clients.count, SNAPSHOT_CLIENTS_MAX);
    assert_int_equal(out.access_count, SNAPSHOT_PLACES_MAX);
    assert_int_equal(out.problems.count, PROBLEMS_MAX);
    assert_int_equal(out.process_count, SNAPSHOT_PROCESSES_MAX);
    assert_int_equal(strlen(out.text), 150);
}

static void random_bytes_never_harm(void **state)
{
    static struct snapshot in, out;
    enum control_result result;
    struct prng p;

    (void)state;
    prng_seed(&p, 42);
    some_snapshot(13, 2, &in);
    for (int round = 0; round < 20000; round++) {
        size_t len = control_answer(&ask_all, &in, frame, sizeof frame);

        for (int i = 0; i < 4; i++)
            frame[CONTROL_HEADER_SIZE + prng_u64(&p) % (len - CONTROL_HEADER_SIZE)] = (uint8_t)prng_u64(&p);
        if (control_answer_read((struct span){ frame, len }, &result, &out) == 0)
            assert_true(memchr(out.hint, 0, sizeof out.hint) && out.source_count <= SNAPSHOT_SOURCES_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_keeps_every_field),
        cmocka_unit_test(a_counter_of_another_version_is_passed_over),
        cmocka_unit_test(the_largest_snapshot_fits),
        cmocka_unit_test(only_the_sections_asked_for_come),
        cmocka_unit_test(each_section_comes_alone),
        cmocka_unit_test(texts_answer_changes),
        cmocka_unit_test(texts_fill_their_fields),
        cmocka_unit_test(clients_are_told_to_who_asks_for_them),
        cmocka_unit_test(access_round_trip),
        cmocka_unit_test(families_of_an_answer),
        cmocka_unit_test(every_verb_carries_its_question),
        cmocka_unit_test(malformed_questions),
        cmocka_unit_test(questions_round_trip_and_are_refused_when_cut),
        cmocka_unit_test(requests_are_read_one_byte_at_a_time),
        cmocka_unit_test(two_requests_in_one_read_are_two),
        cmocka_unit_test(ctl_01_impossible_frames_close),
        cmocka_unit_test(a_frame_is_never_kept_beyond_its_length),
        cmocka_unit_test(what_is_not_known_is_answered_with_a_reason),
        cmocka_unit_test(a_snapshot_request_without_its_body_is_malformed),
        cmocka_unit_test(unknown_sections_are_skipped_and_missing_fields_stay_zero),
        cmocka_unit_test(fields_added_later_are_skipped),
        cmocka_unit_test(a_lying_daemon_cannot_leave_bad_values),
        cmocka_unit_test(the_edges_of_what_is_sane),
        cmocka_unit_test(headers_that_begin_no_answer),
        cmocka_unit_test(every_cut_of_an_answer_is_refused),
        cmocka_unit_test(texts_are_cut_to_their_fields),
        cmocka_unit_test(names_that_are_not_known_here_are_left_out),
        cmocka_unit_test(too_many_of_anything_are_not_stored),
        cmocka_unit_test(random_bytes_never_harm),
    };

    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
