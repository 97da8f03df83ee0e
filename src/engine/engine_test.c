/* The door: names, pools, exchanges, steering, seen only through events and actions. */
#include "engine/engine_fixture.h"
#include "engine/state.h"

static void a_numeric_server_is_asked_at_once_and_synchronises(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct clock_view v;

    (void)state;
    begin(&w, false);
    assert_int_equal(count_of(&w, ACTION_SEND), 1);
    assert_int_equal(count_of(&w, ACTION_RESOLVE), 0);
    answer(&w, find(&w, ACTION_SEND, 0));
    assert_int_equal(count_of(&w, ACTION_CLOSE), 1);
    for (int i = 0; i < 4; i++) {
        forget(&w);
        pass(&w, w.now.ns + 3 * NS_PER_S);
        if (find(&w, ACTION_SEND, 0))
            answer(&w, find(&w, ACTION_SEND, 0));
    }
    page_view(engine_page(w.engine), w.now, &v);
    assert_int_equal(v.status, CLOCK_SYNCHRONISED);
    assert_int_equal(v.stratum, 2);
    assert_int_equal(v.refid, NTP_REFID(192, 0, 2, 1));
    assert_true(v.earliest.ns <= truth(w.now) && truth(w.now) <= v.latest.ns);
    end(&w);
}

static void NTPC_01_a_bogus_reply_changes_nothing_but_a_counter(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    static struct snapshot before, after;
    struct action send;
    struct ntp_header h;

    (void)state;
    begin(&w, false);
    send = *find(&w, ACTION_SEND, 0);
    h = answer_to(&w, &send);
    h.origin.raw ^= 1;
    forget(&w);
    engine_snapshot(w.engine, (struct mono_ns){ START_NS + NS_PER_MS }, &before);
    deliver(&w, &send, &h);
    engine_snapshot(w.engine, (struct mono_ns){ START_NS + NS_PER_MS }, &after);
    assert_int_equal(after.source[0].verdict[VERDICT_BOGUS], before.source[0].verdict[VERDICT_BOGUS] + 1);
    assert_int_equal(after.source[0].dropped, before.source[0].dropped + 1);
    after.source[0].verdict[VERDICT_BOGUS]--;
    after.source[0].dropped--;
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(w.count, 0);
    h.origin.raw ^= 1; /* the true answer is still welcome */
    deliver(&w, &send, &h);
    assert_int_equal(count_of(&w, ACTION_CLOSE), 1);
    end(&w);
}

static void NET_03_a_name_is_looked_up_again_with_back_off(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("time.example", "") };
    struct event no = { .kind = EVENT_ADDRESSES, .u.addresses = { .err = -UE_NO_NAME } };
    int64_t pause = 2;

    (void)state;
    begin(&w, false);
    assert_string_equal(find(&w, ACTION_RESOLVE, 0)->u.resolve.name, "time.example");
    for (int i = 0; i < 12; i++) {
        int64_t asked = w.now.ns;

        forget(&w);
        give(&w, &no);
        assert_true(logged(&w, LOG_NAME_UNRESOLVED));
        pass(&w, asked + pause * NS_PER_S - 1);
        assert_int_equal(count_of(&w, ACTION_RESOLVE), 0);
        pass(&w, asked + pause * NS_PER_S);
        assert_int_equal(count_of(&w, ACTION_RESOLVE), 1);
        pause = pause < 512 ? pause * 2 : 512;
    }
    end(&w);
}

static struct event addresses(unsigned first, uint32_t count)
{
    struct event ev = { .kind = EVENT_ADDRESSES, .u.addresses = { .count = count } };

    for (uint32_t i = 0; i < count; i++)
        ev.u.addresses.addr[i] = (struct net_addr){ .family = ADDR_IPV4, .bytes = { 192, 0, 2, (uint8_t)(first + i) } };
    return ev;
}

static void NTPC_24_at_most_four_addresses_of_one_answer_are_used(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("", "pool.example") };
    struct event ev = addresses(1, EVENT_ADDRESSES_MAX);

    (void)state;
    begin(&w, false);
    give(&w, &ev);
    pass(&w, w.now.ns + NS_PER_S);
    assert_int_equal(count_of(&w, ACTION_SEND), 4);
    end(&w);
}

static void NTPC_25_a_pool_cannot_point_at_ourselves_or_at_nothing(void **state)
{
    static const uint8_t bad[][4] = { { 127, 0, 0, 1 }, { 0, 0, 0, 0 }, { 255, 255, 255, 255 }, { 224, 0, 1, 1 } };
    struct world w = { .options.source_count = 1, .options.source[0] = source("", "pool.example") };
    struct event ev = { .kind = EVENT_ADDRESSES, .u.addresses = { .count = 4 } };

    (void)state;
    for (int i = 0; i < 4; i++) {
        ev.u.addresses.addr[i].family = ADDR_IPV4;
        memcpy(ev.u.addresses.addr[i].bytes, bad[i], 4);
    }
    begin(&w, false);
    give(&w, &ev);
    assert_int_equal(count_of(&w, ACTION_SEND), 0);
    assert_true(logged(&w, LOG_NAME_UNRESOLVED));
    end(&w);
}

static struct ntp_header denial_of(struct world *w, const struct action *send)
{
    struct ntp_header h = answer_to(w, send);

    h.stratum = 0;
    h.leap = LEAP_UNKNOWN;
    h.refid = NTP_REFID('D', 'E', 'N', 'Y');
    return h;
}

/* A pool of so many addresses and one member, which has been asked: by the request that is returned. */
static struct action begin_with_one_member(struct world *w, unsigned count)
{
    struct event ev = addresses(1, count);

    w->options.source_count = 1;
    w->options.source[0] = source("", "pool.example");
    w->options.source[0].members = 1;
    begin(w, false);
    give(w, &ev);
    return *find(w, ACTION_SEND, 0);
}

static void a_pool_member_that_says_deny_is_replaced(void **state)
{
    struct world w = { .now = { 0 } };
    struct action send = begin_with_one_member(&w, 2);
    struct ntp_header h;

    (void)state;
    assert_int_equal(send.u.send.to.bytes[3], 1);
    h = denial_of(&w, &send);
    forget(&w);
    deliver(&w, &send, &h);
    assert_true(logged(&w, LOG_SOURCE_KISS));
    assert_true(logged(&w, LOG_SOURCE_REPLACED));
    pass(&w, w.now.ns + NS_PER_S);
    assert_int_equal(find(&w, ACTION_SEND, 0)->u.send.to.bytes[3], 2);
    end(&w);
}

/* The refusal may come with the very poll that makes the member useless: it is one reason to replace it, not two. */
static void who_denies_when_it_is_replaced_costs_no_other_member(void **state)
{
    struct world w = { .now = { 0 } };
    struct action send = begin_with_one_member(&w, 3);
    struct ntp_header h = denial_of(&w, &send);

    (void)state;
    w.engine->slot[0].useless = 7;
    deliver(&w, &send, &h);
    assert_int_equal(w.engine->slot[0].client.peer.bytes[3], 2);
    end(&w);
}

static void a_silent_pool_member_is_replaced_after_a_register_of_polls(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("", "pool.example") };
    struct event ev = addresses(1, 2);
    bool second = false;

    (void)state;
    w.options.source[0].members = 1;
    w.options.source[0].min_poll = w.options.source[0].max_poll = 0;
    begin(&w, false);
    give(&w, &ev);
    for (int i = 0; i < 200 && !second; i++) {
        const struct action *a;

        forget(&w);
        pass(&w, w.now.ns + NS_PER_S);
        for (unsigned n = 0; (a = find(&w, ACTION_SEND, n)); n++)
            second |= a->u.send.to.bytes[3] == 2;
    }
    assert_true(second);
    end(&w);
}

/* The name server knows it well: there is just nobody more to ask. */
static void a_name_of_whom_is_asked_already_is_told_as_that(void **state)
{
    struct world w = { .options.source_count = 2, .options.source = { source("192.0.2.1", ""), source("ntp.example", "") } };
    struct event same = addresses(1, 1), none = addresses(0, 0);
    const struct problem *p;

    (void)state;
    same.u.addresses.configured = none.u.addresses.configured = 1;
    begin(&w, false);
    give(&w, &same);
    p = problem_of(&w, PROBLEM_NAME_UNRESOLVED);
    assert_non_null(p);
    assert_string_equal(p->detail, "every address of it is asked already, by another source");
    give(&w, &none);
    assert_string_equal(problem_of(&w, PROBLEM_NAME_UNRESOLVED)->detail, "no usable address among the answers");
    end(&w);
}

/* Of a name's addresses the first may lead nowhere, as IPv6 behind a router that drops it: as soon as a burst went unanswered the next one is tried. */
static void a_server_that_never_answered_is_tried_at_its_next_address(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("ntp.example", "") };
    struct event ev = addresses(1, 3);
    int64_t after_s[4] = { 0 };
    const struct action *a;

    (void)state;
    begin(&w, false);
    give(&w, &ev);
    for (int s = 0; s < 1200 && !after_s[3]; s++) {
        for (unsigned n = 0; (a = find(&w, ACTION_SEND, n)); n++)
            if (!after_s[a->u.send.to.bytes[3]])
                after_s[a->u.send.to.bytes[3]] = 1 + s;
        forget(&w);
        pass(&w, w.now.ns + NS_PER_S);
    }
    assert_in_range(after_s[2], 2, 30);
    assert_in_range(after_s[3], after_s[2] + 1, 60);
    end(&w);
}

static void actions_wait_for_room_and_keep_their_order(void **state)
{
    struct world w = { .options.source_count = 3 };
    struct event ev = { .kind = EVENT_TICK };
    struct action one;
    uint32_t last = 0;
    unsigned sends = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        char text[20];

        snprintf(text, sizeof text, "192.0.2.%d", i + 1);
        w.options.source[i] = source(text, "");
    }
    begin(&w, false);
    forget(&w);
    pass(&w, w.now.ns + 60 * NS_PER_S);
    forget(&w);
    w.now = mono_add(w.now, (struct dur_ns){ 10 * NS_PER_S });
    while (engine_step(w.engine, &ev, w.now, &one, 1) == 1) {
        if (one.kind == ACTION_SEND) {
            assert_true(one.u.send.exchange > last);
            last = one.u.send.exchange;
            sends++;
        }
    }
    assert_true(sends > 0);
    assert_true(engine_next_deadline(w.engine).ns > w.now.ns);
    end(&w);
}

static void answer_all(struct world *w)
{
    for (unsigned i = 0; i < 64 && find(w, ACTION_SEND, i); i++)
        answer(w, find(w, ACTION_SEND, i));
    forget(w);
}

static const struct snapshot *picture_of(struct world *w)
{
    static struct snapshot s;

    engine_snapshot(w->engine, w->now, &s);
    return &s;
}

static struct snapshot_source source_of(struct world *w) { return picture_of(w)->source[0]; }

/* Who asked us to stop is heard no more, so nothing it said counts any more, and status says so. It is asked again by an operator's word alone. */
static void who_denies_has_no_vote_until_an_operator_has_it_asked_again(void **state)
{
    static const struct event burst = { .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_BURST, "192.0.2.1" } };
    static const struct event online = { .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_ONLINE, "192.0.2.1" } };
    static struct world w;
    struct ntp_header h;
    struct action send;

    (void)state;
    w = (struct world){ .options = { .source_count = 1, .source = { source("192.0.2.1", "") } } };
    begin(&w, false);
    answer_all(&w);
    assert_null(engine_burst_refusal(w.engine, 0));
    forget(&w);
    pass(&w, w.now.ns + 3 * NS_PER_S);
    send = *find(&w, ACTION_SEND, 0);
    h = denial_of(&w, &send);
    deliver(&w, &send, &h);
    assert_int_equal(source_of(&w).state, SOURCE_REFUSED);
    assert_string_equal(picture_of(&w)->hint, "the sources refuse us, or say that their time is not to be used");
    assert_int_equal(engine_page(w.engine)->sources_reachable, 0);
    assert_false(logged(&w, LOG_SOURCE_LOST));
    assert_string_equal(engine_burst_refusal(w.engine, 0), "it asked us to stop (kiss-o'-death), and is not asked until `utcctl sources online`");
    forget(&w);
    give(&w, &burst);
    pass(&w, w.now.ns + 3000 * NS_PER_S);
    assert_int_equal(count_of(&w, ACTION_SEND), 0);
    give(&w, &online);
    answer_all(&w);
    assert_int_equal(source_of(&w).state, SOURCE_SELECTED);
    end(&w);
}

static uint64_t accepted(const struct world *w, const char *name)
{
    static struct snapshot s;

    engine_snapshot(w->engine, w->now, &s);
    for (uint32_t i = 0; i < s.source_count; i++)
        if (strcmp(s.source[i].name, name) == 0)
            return s.source[i].accepted + 1;
    return 0;
}

static void CFG_08_other_options_leave_what_stays_as_it_was(void **state)
{
    static struct world w;
    struct engine_options other;
    uint64_t before;

    (void)state;
    w = (struct world){ .options = { .source_count = 2, .source = { source("192.0.2.1", ""), source("192.0.2.2", "") } } };
    begin(&w, false);
    for (int s = 2; s < 30; s += 2) {
        answer_all(&w);
        pass(&w, START_NS + s * NS_PER_S);
    }
    before = accepted(&w, "192.0.2.2");
    assert_true(before > 2 && accepted(&w, "192.0.2.1") > 2);
    other = w.options;
    other.source[0] = source("192.0.2.2", "");
    other.source[0].max_poll = 8;
    other.source[1] = source("192.0.2.3", "");
    other.clock.holdover.max_error.ns = 7;
    forget(&w);
    give(&w, &(struct event){ .kind = EVENT_OPTIONS, .u.options = { &other } });
    assert_int_equal(accepted(&w, "192.0.2.2"), before);
    assert_int_equal(accepted(&w, "192.0.2.1"), 0);
    assert_int_equal(accepted(&w, "192.0.2.3"), 1);
    assert_true(logged(&w, LOG_SOURCE_REMOVED) && logged(&w, LOG_SOURCE_ADDED));
    assert_int_equal(engine_options_now(w.engine)->clock.holdover.max_error.ns, 7);
    assert_int_equal(engine_find_source(w.engine, "192.0.2.3"), 1);
    assert_int_equal(engine_find_source(w.engine, "192.0.2.1"), -1);
    end(&w);
}

/* Is a stratum 2 that says it follows us there used, which is asked from `own` while another source is asked from `other`? */
static bool is_used(const char *own, const char *other, const char *followed)
{
    static struct world w;
    struct net_addr refid;
    struct snapshot s;
    const struct action *send;

    w = (struct world){ .options = { .source_count = 2, .source = { source("192.0.2.1", ""), source("192.0.2.2", "") } } };
    assert_int_equal(addr_from_text(followed, 0, &refid), 0);
    begin(&w, false);
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; (send = find(&w, ACTION_SEND, i)); i++) {
            struct action copy = *send;
            struct ntp_header h = answer_to(&w, &copy);
            bool second = copy.u.send.to.bytes[3] == 2;

            assert_int_equal(addr_from_text(second ? own : other, 0, &w.own), 0);
            h.stratum = second ? 2 : 1;
            h.refid = second ? exchanges_refid(&refid) : h.refid;
            deliver(&w, &copy, &h);
        }
        forget(&w);
        pass(&w, w.now.ns + 3 * NS_PER_S);
    }
    engine_snapshot(w.engine, w.now, &s);
    assert_true(s.source[0].accepted > 0 && s.source[1].accepted + s.source[1].verdict[VERDICT_LOOP] > 0);
    end(&w);
    return s.source[1].accepted > 0;
}

/* NTPC-15: with two addresses a loop has another one than that from which the server is asked. What many machines are called says nothing: not about us, unless
 * it is the address from which it is asked, because then its network may be ours. */
static void NTPC_15_a_loop_over_another_address_of_ours(void **state)
{
    (void)state;
    assert_false(is_used("203.0.113.7", "203.0.113.9", "203.0.113.7"));
    assert_false(is_used("203.0.113.7", "203.0.113.9", "203.0.113.9"));
    assert_false(is_used("10.0.0.7", "2001:db8::9", "2001:db8::9"));
    assert_false(is_used("10.0.0.7", "203.0.113.9", "10.0.0.7"));
    assert_true(is_used("203.0.113.7", "172.17.0.1", "172.17.0.1"));
    assert_true(is_used("203.0.113.7", "100.64.0.1", "100.64.0.1"));
    assert_true(is_used("203.0.113.7", "fd00::9", "fd00::9"));
    assert_true(is_used("127.0.0.1", "127.0.0.1", "127.0.0.1"));
    assert_true(is_used("203.0.113.7", "203.0.113.9", "203.0.113.8"));
}

static void sixteen_sources_are_exchanged_for_sixteen_others(void **state)
{
    static struct world w;
    static struct engine_options other;
    static struct snapshot s;
    char name[24];

    (void)state;
    w = (struct world){ .options = { .source_count = ENGINE_CONFIGURED_MAX } };
    for (int i = 0; i < ENGINE_CONFIGURED_MAX; i++) {
        snprintf(name, sizeof name, "192.0.2.%d", i + 1);
        w.options.source[i] = source(name, "");
    }
    begin(&w, false);
    other = w.options;
    for (int i = 0; i < ENGINE_CONFIGURED_MAX; i++) {
        snprintf(name, sizeof name, "198.51.100.%d", i + 1);
        other.source[i] = source(name, "");
    }
    give(&w, &(struct event){ .kind = EVENT_OPTIONS, .u.options = { &other } });
    pass(&w, w.now.ns + NS_PER_S);
    engine_snapshot(w.engine, w.now, &s);
    assert_int_equal(s.source_count, ENGINE_CONFIGURED_MAX);
    for (uint32_t i = 0; i < s.source_count; i++)
        assert_memory_equal(s.source[i].name, "198.51.100.", 11);
    end(&w);
}

static void a_source_that_is_offline_is_not_asked(void **state)
{
    static struct world w;

    (void)state;
    w = (struct world){ .options = { .source_count = 1, .source = { source("192.0.2.1", "") } } };
    begin(&w, false);
    answer_all(&w);
    give(&w, &(struct event){ .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_OFFLINE, "192.0.2.1" } });
    pass(&w, w.now.ns + 3 * NS_PER_S);
    forget(&w);
    pass(&w, w.now.ns + 3000 * NS_PER_S);
    assert_int_equal(count_of(&w, ACTION_SEND), 0);
    give(&w, &(struct event){ .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_ONLINE, "192.0.2.1" } });
    pass(&w, w.now.ns + 2 * NS_PER_S);
    assert_true(count_of(&w, ACTION_SEND) >= 1);
    end(&w);
}

/* What was asked before changes nothing, a line without a server yet is out too, and status says why there is no time. */
static void a_source_that_is_offline_has_no_vote(void **state)
{
    static const struct event offline = { .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_OFFLINE, "" } };
    static const struct event online = { .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_ONLINE, "" } };
    static struct snapshot s;
    static struct world w;
    struct action asked;
    struct event names = addresses(11, 2);

    (void)state;
    w = (struct world){ .options = { .source_count = 2, .source = { source("192.0.2.1", ""), source("", "pool.example") } } };
    begin(&w, false);
    asked = *find(&w, ACTION_SEND, 0);
    give(&w, &offline);
    assert_int_equal(engine_offline(w.engine), 3);
    engine_snapshot(w.engine, w.now, &s);
    assert_int_equal(s.source[1].state, SOURCE_OFFLINE);
    answer(&w, &asked);
    names.u.addresses.configured = 1;
    give(&w, &names);
    pass(&w, w.now.ns + 100 * NS_PER_S);
    engine_snapshot(w.engine, w.now, &s);
    assert_int_equal(s.source[0].verdict[VERDICT_OFFLINE], 1);
    for (uint32_t i = 0; i < s.source_count; i++)
        assert_true(s.source[i].state == SOURCE_OFFLINE && s.source[i].reach == 0);
    assert_int_equal(s.source_count, 3);
    assert_string_equal(s.hint, "every source was taken offline");
    assert_int_equal(engine_page(w.engine)->status, CLOCK_UNSYNCHRONISED);
    assert_int_equal(engine_page(w.engine)->sources_reachable, 0);
    forget(&w);
    give(&w, &online);
    pass(&w, w.now.ns + NS_PER_S);
    assert_int_equal(count_of(&w, ACTION_SEND), 3);
    end(&w);
}

static void a_silent_server_is_looked_up_again_and_moves(void **state)
{
    static struct world w;
    struct event first = addresses(1, 1), second = addresses(7, 1);
    static struct snapshot s;

    (void)state;
    w = (struct world){ .options = { .source_count = 1, .source = { source("ntp.example", "") } } };
    begin(&w, false);
    give(&w, &first);
    forget(&w);
    for (int i = 0; i < 400 && !find(&w, ACTION_RESOLVE, 0); i++)
        pass(&w, w.now.ns + 16 * NS_PER_S);
    assert_non_null(find(&w, ACTION_RESOLVE, 0));
    give(&w, &second);
    assert_true(logged(&w, LOG_SOURCE_REPLACED));
    engine_snapshot(w.engine, w.now, &s);
    assert_true(s.source_count == 1 && s.source[0].addr.bytes[3] == second.u.addresses.addr[0].bytes[3]);
    end(&w);
}

static void stopping_saves_the_drift_and_leaves_the_clock_at_its_rate(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct event ev = { .kind = EVENT_STOP };

    (void)state;
    begin(&w, true);
    synchronise(&w);
    forget(&w);
    give(&w, &ev);
    assert_int_equal(count_of(&w, ACTION_SAVE), 1);
    assert_non_null(find(&w, ACTION_CLOCK, 0));
    assert_int_equal(find(&w, ACTION_CLOCK, 0)->u.clock.verb, CLOCK_SET_FREQUENCY);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_numeric_server_is_asked_at_once_and_synchronises),
        cmocka_unit_test(NTPC_01_a_bogus_reply_changes_nothing_but_a_counter),
        cmocka_unit_test(NET_03_a_name_is_looked_up_again_with_back_off),
        cmocka_unit_test(NTPC_24_at_most_four_addresses_of_one_answer_are_used),
        cmocka_unit_test(NTPC_25_a_pool_cannot_point_at_ourselves_or_at_nothing),
        cmocka_unit_test(a_pool_member_that_says_deny_is_replaced),
        cmocka_unit_test(who_denies_has_no_vote_until_an_operator_has_it_asked_again),
        cmocka_unit_test(who_denies_when_it_is_replaced_costs_no_other_member),
        cmocka_unit_test(a_silent_pool_member_is_replaced_after_a_register_of_polls),
        cmocka_unit_test(a_name_of_whom_is_asked_already_is_told_as_that),
        cmocka_unit_test(a_server_that_never_answered_is_tried_at_its_next_address),
        cmocka_unit_test(actions_wait_for_room_and_keep_their_order),
        cmocka_unit_test(CFG_08_other_options_leave_what_stays_as_it_was),
        cmocka_unit_test(NTPC_15_a_loop_over_another_address_of_ours),
        cmocka_unit_test(sixteen_sources_are_exchanged_for_sixteen_others),
        cmocka_unit_test(a_source_that_is_offline_is_not_asked),
        cmocka_unit_test(a_source_that_is_offline_has_no_vote),
        cmocka_unit_test(a_silent_server_is_looked_up_again_and_moves),
        cmocka_unit_test(stopping_saves_the_drift_and_leaves_the_clock_at_its_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
