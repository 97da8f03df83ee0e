/* What is wrong with a source or with the clock, as `utcctl status` and the metrics name it. */
#include "engine/engine_fixture.h"

static struct action next_request(struct world *w)
{
    do {
        forget(w);
        pass(w, engine_next_deadline(w->engine).ns);
    } while (!find(w, ACTION_SEND, 0));
    return *find(w, ACTION_SEND, 0);
}

/* A source that has been answering, and is asked again now. */
static struct action asked_again(struct world *w)
{
    struct action send;

    begin(w, false);
    answer(w, find(w, ACTION_SEND, 0));
    while ((send = next_request(w)), w->now.ns < START_NS + 60 * NS_PER_S)
        answer(w, &send);
    return send;
}

static void the_first_request_without_an_answer_is_named_within_ten_seconds(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct action send = asked_again(&w);
    int64_t asked = w.now.ns;

    (void)state;
    pass(&w, asked + 4 * NS_PER_S);
    assert_null(problem_of(&w, PROBLEM_SOURCE_UNANSWERED));
    pass(&w, asked + 9 * NS_PER_S);
    assert_string_equal(problem_of(&w, PROBLEM_SOURCE_UNANSWERED)->subject, "192.0.2.1");
    assert_non_null(strstr(problem_of(&w, PROBLEM_SOURCE_UNANSWERED)->detail, "asked 9 s ago; the last answer came "));
    assert_null(problem_of(&w, PROBLEM_SOURCE_SILENT));
    forget(&w);
    pass(&w, asked + 60 * NS_PER_S);
    assert_int_equal(count_of(&w, ACTION_SEND), 0); /* nobody is asked more often for it */
    assert_non_null(problem_of(&w, PROBLEM_SOURCE_UNANSWERED));
    pass(&w, asked + 70 * NS_PER_S);
    send = *find(&w, ACTION_SEND, 0);
    answer(&w, &send);
    assert_null(problem_of(&w, PROBLEM_SOURCE_UNANSWERED));
    pass(&w, asked + 4 * 70 * NS_PER_S);
    assert_non_null(problem_of(&w, PROBLEM_SOURCE_SILENT));
    assert_null(problem_of(&w, PROBLEM_SOURCE_UNANSWERED));
    end(&w);
}

/* It was of use before, so it must not be called silent: it answers. */
static void a_server_that_loses_its_time_is_named_with_its_reason(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct action send = asked_again(&w);
    struct ntp_header h;

    (void)state;
    for (int i = 0; i < 5; i++) {
        h = answer_to(&w, &send);
        h.leap = LEAP_UNKNOWN;
        deliver(&w, &send, &h);
        assert_non_null(problem_of(&w, PROBLEM_SOURCE_REFUSED));
        assert_string_equal(problem_of(&w, PROBLEM_SOURCE_REFUSED)->detail, verdict_text(VERDICT_SERVER_UNSYNCHRONISED));
        assert_null(problem_of(&w, PROBLEM_SOURCE_SILENT));
        assert_null(problem_of(&w, PROBLEM_ALL_SILENT));
        send = next_request(&w);
        assert_non_null(problem_of(&w, PROBLEM_SOURCE_REFUSED)); /* until it is answered, or is not */
    }
    answer(&w, &send);
    assert_null(problem_of(&w, PROBLEM_SOURCE_REFUSED));
    pass(&w, w.now.ns + 5 * 70 * NS_PER_S);
    assert_non_null(problem_of(&w, PROBLEM_SOURCE_SILENT));
    assert_null(problem_of(&w, PROBLEM_SOURCE_REFUSED));
    end(&w);
}

static void no_time(struct ntp_header *h) { h->leap = LEAP_UNKNOWN; }
static void stratum(struct ntp_header *h) { h->stratum = 16; }
static void root_distance(struct ntp_header *h) { h->root_dispersion = ntp_short32_from_dur_up((struct dur_ns){ 2 * NS_PER_S }); }
static void backwards(struct ntp_header *h) { h->transmit.raw = h->receive.raw - (UINT64_C(1) << 32); }

/* Each reason that a server has, or gives us, not to be used: in status with the very answer that tells it. */
static void NTPC_11_NTPC_12_NTPC_13_a_useless_answer_is_named_with_its_reason(void **state)
{
    static const struct { void (*harm)(struct ntp_header *); enum verdict why; } rows[] = {
        { no_time, VERDICT_SERVER_UNSYNCHRONISED }, { stratum, VERDICT_STRATUM }, { root_distance, VERDICT_ROOT_DISTANCE }, { backwards, VERDICT_BACKWARDS },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
        struct action send = asked_again(&w);
        struct ntp_header h = answer_to(&w, &send);

        rows[i].harm(&h);
        deliver(&w, &send, &h);
        assert_string_equal(problem_of(&w, PROBLEM_SOURCE_REFUSED)->detail, verdict_text(rows[i].why));
        end(&w);
    }
}

/* No MAC at all, a crypto-NAK, a MAC that is not the key's. */
static void NTPC_22_NTPC_23_an_answer_that_nobody_vouches_for_is_named(void **state)
{
    static const char text[] = "7 SHA1 HEX:000102030405060708090a0b0c0d0e0f10111213\n";
    static const struct { size_t zeroes; enum verdict why; } rows[] = {
        { 0, VERDICT_UNAUTHENTICATED }, { 4, VERDICT_CRYPTO_NAK }, { 24, VERDICT_KEY_UNKNOWN },
    };
    const struct keys_options o = { .format = KEYS_FORMAT_CHRONY, .allow_legacy = true };
    static struct key_table table;

    (void)state;
    assert_int_equal(keys_read((struct span){ (const uint8_t *)text, sizeof text - 1 }, &o, &table).fault, KEY_FAULT_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = { .options = { .source_count = 1, .source[0] = source("192.0.2.1", ""), .keys = &table } };
        struct action send;
        struct ntp_header h;

        w.options.source[0].key = 7;
        begin(&w, false);
        send = *find(&w, ACTION_SEND, 0);
        h = answer_to(&w, &send);
        deliver_longer(&w, &send, &h, rows[i].zeroes);
        assert_string_equal(problem_of(&w, PROBLEM_SOURCE_REFUSED)->detail, verdict_text(rows[i].why));
        end(&w);
    }
}

static void three_sources(struct world *w)
{
    static const char *const name[] = { "192.0.2.1", "192.0.2.2", "192.0.2.3" };

    for (unsigned s = 0; s < 3; s++)
        w->options.source[s] = source(name[s], "");
}

/* 2030-03-17 is the day of this world. Thirty days before the end, or a third of a short life. */
static void a_key_that_ends_is_named_before_it_hurts(void **state)
{
    static const char text[] = "1 SHA1 x until=2030-03-27\n2 SHA1 x until=2030-05-01\n3 SHA1 x from=2030-03-27 until=2031-01-01\n"
                               "4 SHA1 x from=2030-03-28\n5 SHA1 x from=2030-03-15 until=2030-03-21\n6 SHA1 x from=2030-03-01 until=2030-03-19\n"
                               "7 SHA1 x\n8 SHA1 x until=2030-03-01\n9 SHA1 x until=2030-03-20\n";
    static const struct { int64_t key, next; const char *says; } rows[] = {
        { 1, 0, "key 1 is good for 9." },  { 2, 0, NULL }, { 1, 3, NULL }, { 1, 4, "key 1 is good for 9." }, { 5, 0, NULL },
        { 6, 0, "key 6 is good for 1." }, { 7, 0, NULL }, { 8, 0, "it has ended" }, { 8, 7, NULL }, { 1, 9, "key 1 is good for 9." },
        { 9, 1, "key 1 is good for 9." }, { 0, 0, NULL },
    };
    const struct keys_options o = { .format = KEYS_FORMAT_CHRONY, .allow_legacy = true };
    static struct key_table table;

    (void)state;
    assert_int_equal(keys_read((struct span){ (const uint8_t *)text, sizeof text - 1 }, &o, &table).fault, KEY_FAULT_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = { .options = { .source_count = 3, .keys = &table } };
        const struct problem *p;

        three_sources(&w);
        w.options.source[2].key = rows[i].key;
        w.options.source[2].next_key = rows[i].next;
        begin(&w, false);
        p = problem_of(&w, PROBLEM_KEY_EXPIRES); /* the time is not known yet, but who waits for an answer has to look at the key */
        assert_true(rows[i].says && strcmp(rows[i].says, "it has ended") == 0 ? p && strstr(p->detail, "this machine's clock") : !p);
        answer(&w, find(&w, ACTION_SEND, 0));
        answer(&w, find(&w, ACTION_SEND, 1));
        p = problem_of(&w, PROBLEM_KEY_EXPIRES);
        if (!rows[i].says != !p || (p && (strncmp(p->detail, rows[i].says, strlen(rows[i].says)) != 0 || strcmp(p->subject, "192.0.2.3") != 0)))
            fail_msg("row %zu: %s", i, p ? p->detail : "nothing");
        end(&w);
    }
}

/* It says nothing of itself: nobody asks it. */
static void a_key_of_ours_that_is_not_good_is_no_word_of_the_server(void **state)
{
    static const char text[] = "1 SHA1 x until=2030-03-01\n2 SHA1 x from=2030-05-01\n3 SHA1 x for=192.0.2.9\n";
    static const struct { int64_t key; const char *says; } rows[] = {
        { 1, "its key is not yet good, or no more" }, { 2, "its key is not yet good, or no more" }, { 3, "its key is not for that address" },
    };
    const struct keys_options o = { .format = KEYS_FORMAT_CHRONY, .allow_legacy = true };
    static struct key_table table;

    (void)state;
    assert_int_equal(keys_read((struct span){ (const uint8_t *)text, sizeof text - 1 }, &o, &table).fault, KEY_FAULT_NONE);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = { .options = { .source_count = 3, .keys = &table } };
        int64_t until;

        three_sources(&w);
        w.options.source[2].key = rows[i].key;
        begin(&w, false);
        answer(&w, find(&w, ACTION_SEND, 0));
        answer(&w, find(&w, ACTION_SEND, 1));
        until = w.now.ns + 70 * NS_PER_S;
        pass(&w, until);
        assert_null(problem_of(&w, PROBLEM_SOURCE_REFUSED));
        assert_string_equal(problem_of(&w, PROBLEM_KEY_UNFIT)->detail, rows[i].says);
        assert_string_equal(problem_of(&w, PROBLEM_KEY_UNFIT)->subject, "192.0.2.3");
        end(&w);
    }
}

static void NTPC_18_a_source_beyond_the_panic_threshold_is_named(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct action send = asked_again(&w);

    (void)state;
    for (int i = 0; i < 8 && !problem_of(&w, PROBLEM_PANIC); i++) {
        struct ntp_header h = answer_to(&w, &send);

        h.receive = h.transmit = h.reference = ntp_ts64_from_utc((struct utc_ns){ truth(w.now) + 60 * NS_PER_S });
        deliver(&w, &send, &h);
        send = next_request(&w);
    }
    assert_non_null(problem_of(&w, PROBLEM_PANIC));
    for (int i = 0; i < 16 && problem_of(&w, PROBLEM_PANIC); i++) {
        answer(&w, &send);
        send = next_request(&w);
    }
    assert_null(problem_of(&w, PROBLEM_PANIC));
    end(&w);
}

/* The kernel takes another clock source, and time runs away faster than clock.max_drift says: with the answers that tell so, and for ten minutes. */
static void CLK_04_a_bound_that_was_broken_is_named(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct action send = asked_again(&w);
    struct mono_ns named;

    (void)state;
    for (int i = 0; i < 8 && !problem_of(&w, PROBLEM_BOUND_BROKEN); i++) {
        struct ntp_header h = answer_to(&w, &send);

        h.receive = h.transmit = h.reference = ntp_ts64_from_utc((struct utc_ns){ truth(w.now) + 20 * NS_PER_MS });
        deliver(&w, &send, &h);
        if (!problem_of(&w, PROBLEM_BOUND_BROKEN))
            send = next_request(&w);
    }
    assert_string_equal(problem_of(&w, PROBLEM_BOUND_BROKEN)->detail, "19.5 ms from what was served, 0 ns ago");
    named = w.now;
    pass(&w, named.ns + 599 * NS_PER_S);
    assert_non_null(strstr(problem_of(&w, PROBLEM_BOUND_BROKEN)->detail, "served, 9.983 min ago"));
    pass(&w, named.ns + 601 * NS_PER_S);
    assert_null(problem_of(&w, PROBLEM_BOUND_BROKEN));
    end(&w);
}

/* As long as nobody has told the time, and for ten minutes in any case. */
static void ST_06_a_clock_that_was_behind_is_named(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    begin(&w, false);
    w.engine->clock.policy.gap = (struct dur_ns){ GAP_TOLD_NS - 1 };
    assert_null(problem_of(&w, PROBLEM_CLOCK_BEHIND));
    w.engine->clock.policy.gap = (struct dur_ns){ 86400 * NS_PER_S };
    assert_string_equal(problem_of(&w, PROBLEM_CLOCK_BEHIND)->detail, "it was 1 d behind");
    pass(&w, START_NS + 3600 * NS_PER_S);
    assert_non_null(problem_of(&w, PROBLEM_CLOCK_BEHIND));
    end(&w);
    forget(&w); /* what it sent went with it */
    asked_again(&w);
    w.engine->clock.policy.gap = (struct dur_ns){ 86400 * NS_PER_S };
    pass(&w, START_NS + 600 * NS_PER_S);
    assert_non_null(problem_of(&w, PROBLEM_CLOCK_BEHIND));
    pass(&w, START_NS + 601 * NS_PER_S);
    assert_null(problem_of(&w, PROBLEM_CLOCK_BEHIND));
    end(&w);
}

/* What clock/ alarms about is named as long as it lasts. */
static void CLK_06_alarms_of_the_clock_are_named(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    begin(&w, false);
    assert_null(problem_of(&w, PROBLEM_FREQUENCY_RAIL));
    assert_null(problem_of(&w, PROBLEM_LEAP_CONFLICT));
    assert_null(problem_of(&w, PROBLEM_LEAP_UNKNOWN));
    w.engine->clock.policy.rail_logged = w.engine->clock.leap.conflict = w.engine->clock.leap.in_doubt = true;
    w.engine->clock.leap.doubted.ns = INT64_C(1798761600) * NS_PER_S;
    assert_non_null(problem_of(&w, PROBLEM_FREQUENCY_RAIL));
    assert_non_null(problem_of(&w, PROBLEM_LEAP_CONFLICT));
    assert_string_equal(problem_of(&w, PROBLEM_LEAP_UNKNOWN)->detail, "before 2027-01-01T00:00:00Z");
    end(&w);
}

/* Who wonders in the first minutes of a month at a bound of a second reads why. */
static void a_month_that_began_without_a_word_is_told(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct clock_leap *l;

    (void)state;
    begin(&w, false);
    l = &w.engine->clock.leap;
    assert_null(problem_of(&w, PROBLEM_LEAP_UNTOLD));
    l->passed.ns = INT64_C(1798761600) * NS_PER_S;
    l->passed_at = w.now;
    assert_string_equal(problem_of(&w, PROBLEM_LEAP_UNTOLD)->detail, "before 2027-01-01T00:00:00Z: the error bound is a second wider until it is measured");
    l->in_doubt = true; /* by another name */
    assert_null(problem_of(&w, PROBLEM_LEAP_UNTOLD));
    l->in_doubt = false;
    pass(&w, w.now.ns + 601 * NS_PER_S);
    assert_null(problem_of(&w, PROBLEM_LEAP_UNTOLD));
    end(&w);
}

/* Where the network says that it does not carry the request, that is told beside the silence; it proves nothing. */
static void NTPC_26_what_the_network_refuses_is_told(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
    struct action send = asked_again(&w);
    int64_t asked = w.now.ns;

    (void)state;
    give(&w, &(struct event){ .kind = EVENT_SEND_FAILED, .u.failed = { send.u.send.exchange, -UE_REFUSED } });
    pass(&w, asked + 9 * NS_PER_S);
    assert_non_null(strstr(problem_of(&w, PROBLEM_SOURCE_UNANSWERED)->detail, "the network refuses them"));
    forget(&w);
    pass(&w, asked + 70 * NS_PER_S);
    send = *find(&w, ACTION_SEND, 0);
    answer(&w, &send);
    send = next_request(&w);
    pass(&w, w.now.ns + 9 * NS_PER_S);
    assert_null(strstr(problem_of(&w, PROBLEM_SOURCE_UNANSWERED)->detail, "the network refuses them"));
    end(&w);
}

/* Nobody is asked when an operator took all out, and what he took out is no trouble. */
static void sources_that_are_offline_are_no_trouble(void **state)
{
    static struct world w;

    (void)state;
    w = (struct world){ .options = { .source_count = 2, .source = { source("192.0.2.1", ""), source("no.example", "") } } };
    begin(&w, false);
    give(&w, &(struct event){ .kind = EVENT_ADDRESSES, .u.addresses = { .configured = 1, .err = -UE_NO_NAME } });
    assert_string_equal(problem_of(&w, PROBLEM_NAME_UNRESOLVED)->detail, ue_text(UE_NO_NAME));
    give(&w, &(struct event){ .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_OFFLINE, "no.example" } });
    assert_null(problem_of(&w, PROBLEM_NAME_UNRESOLVED));
    assert_null(problem_of(&w, PROBLEM_NO_SOURCE));
    give(&w, &(struct event){ .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_OFFLINE, "192.0.2.1" } });
    pass(&w, w.now.ns + 3000 * NS_PER_S);
    assert_null(problem_of(&w, PROBLEM_SOURCE_SILENT));
    assert_non_null(strstr(problem_of(&w, PROBLEM_NO_SOURCE)->detail, "taken offline"));
    end(&w);
}

/* The right to the clock is lost: with the first command that is refused, until one is obeyed. */
static void CLK_05_a_clock_that_cannot_be_steered_is_named(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    begin(&w, true);
    assert_null(problem_of(&w, PROBLEM_CANNOT_STEER));
    give(&w, &(struct event){ .kind = EVENT_CLOCK_RESULT, .u.result = { 1, -UE_PERMISSION } });
    assert_string_equal(problem_of(&w, PROBLEM_CANNOT_STEER)->detail, ue_text(UE_PERMISSION));
    give(&w, &(struct event){ .kind = EVENT_CLOCK_RESULT, .u.result = { w.commanded + 1, 0 } }); /* nobody was asked for it */
    assert_non_null(problem_of(&w, PROBLEM_CANNOT_STEER));
    pass(&w, w.now.ns + 80 * NS_PER_S); /* more is commanded */
    give(&w, &(struct event){ .kind = EVENT_CLOCK_RESULT, .u.result = { w.commanded, 0 } });
    assert_null(problem_of(&w, PROBLEM_CANNOT_STEER));
    end(&w);
}

static void NTPC_07_a_server_that_wants_no_more_questions_is_named(void **state)
{
    static const struct { uint32_t code; const char *says; } rows[] = {
        { NTP_REFID('D', 'E', 'N', 'Y'), "asked us to stop" },
        { NTP_REFID('R', 'A', 'T', 'E'), "less often" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };
        struct action send = asked_again(&w);
        struct ntp_header h = answer_to(&w, &send);

        h.leap = LEAP_UNKNOWN;
        h.stratum = 0;
        h.refid = rows[i].code;
        deliver(&w, &send, &h);
        assert_non_null(strstr(problem_of(&w, PROBLEM_SOURCE_REFUSED)->detail, rows[i].says));
        end(&w);
    }
}

static void give_list(struct world *w, int64_t expires_ns)
{
    struct leap_table t = { .expires = { expires_ns }, .count = 1, .entry = { { { 0 }, 37 } } };
    struct event ev = { .kind = EVENT_LEAP_TABLE };

    ev.u.leap.origin = LEAP_FROM_LIST;
    ev.u.leap.table = &t;
    give(w, &ev);
}

static void LEAP_02_a_refused_list_is_named_by_what_holds_now(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = source("192.0.2.1", "") };

    (void)state;
    begin(&w, false);
    synchronise(&w);
    give_list(&w, truth(w.now) + 3600 * NS_PER_S);
    assert_null(problem_of(&w, PROBLEM_LEAP_REFUSED));
    give_list(&w, truth(w.now) - 3600 * NS_PER_S);
    assert_string_equal(problem_of(&w, PROBLEM_LEAP_REFUSED)->detail, "it has expired, the one in force has not");
    assert_null(problem_of(&w, PROBLEM_LEAP_EXPIRED));
    pass(&w, w.now.ns + 3700 * NS_PER_S);
    assert_string_equal(problem_of(&w, PROBLEM_LEAP_REFUSED)->detail, "it had expired when it came; the one in force has expired since");
    assert_non_null(problem_of(&w, PROBLEM_LEAP_EXPIRED));
    end(&w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_request_without_an_answer_is_named_within_ten_seconds),
        cmocka_unit_test(a_server_that_loses_its_time_is_named_with_its_reason),
        cmocka_unit_test(NTPC_11_NTPC_12_NTPC_13_a_useless_answer_is_named_with_its_reason),
        cmocka_unit_test(NTPC_22_NTPC_23_an_answer_that_nobody_vouches_for_is_named),
        cmocka_unit_test(a_key_that_ends_is_named_before_it_hurts),
        cmocka_unit_test(a_key_of_ours_that_is_not_good_is_no_word_of_the_server),
        cmocka_unit_test(NTPC_18_a_source_beyond_the_panic_threshold_is_named),
        cmocka_unit_test(CLK_04_a_bound_that_was_broken_is_named),
        cmocka_unit_test(ST_06_a_clock_that_was_behind_is_named),
        cmocka_unit_test(CLK_06_alarms_of_the_clock_are_named),
        cmocka_unit_test(a_month_that_began_without_a_word_is_told),
        cmocka_unit_test(NTPC_26_what_the_network_refuses_is_told),
        cmocka_unit_test(sources_that_are_offline_are_no_trouble),
        cmocka_unit_test(CLK_05_a_clock_that_cannot_be_steered_is_named),
        cmocka_unit_test(LEAP_02_a_refused_list_is_named_by_what_holds_now),
        cmocka_unit_test(NTPC_07_a_server_that_wants_no_more_questions_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
