/* When keys of NTS are established anew, and what is told of certificates meanwhile. Sealing and opening is tested in nts/. */
#include "engine/engine_fixture.h"

#define DAY_NS (86400 * NS_PER_S)

static struct source_options rare(void)
{
    struct source_options s = source("ntp.example", "");

    s.nts = true;
    s.nts_port = 4460;
    s.iburst = false;
    s.min_poll = s.max_poll = 17;
    return s;
}

static unsigned established(const struct world *w) { return count_of(w, ACTION_ESTABLISH); }

static const struct nts_keys keys = { .aead = CRYPTO_AEAD_SIV_CMAC_256 };
static const struct nts_ke_grant grant = { .aead = CRYPTO_AEAD_SIV_CMAC_256, .cookie_count = NTS_COOKIES_MAX, .cookie_size = 100 };

/* Days in which each answer brings the next cookie. */
static void live(struct world *w, int64_t days)
{
    for (int64_t i = 0; i < days; i++) {
        pass(w, w->now.ns + DAY_NS);
        if (w->engine->slot[0].used)
            nts_client_take(&w->engine->nts[0].client, &keys, &grant);
    }
}

/* Keys come, by a certificate of 90 days that ends in so many. */
static void keys_come(struct world *w, int64_t days_left)
{
    const struct utc_ns until = { truth(w->now) + days_left * DAY_NS };
    struct event ev = { .kind = EVENT_NTS };

    ev.u.nts.keys = &keys;
    ev.u.nts.grant = &grant;
    ev.u.nts.ntp = (struct net_addr){ .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, 1 } };
    ev.u.nts.valid = (struct nts_validity){ { until.ns - 90 * DAY_NS }, until, { 90 * DAY_NS } };
    forget(w);
    give(w, &ev);
}

static void keys_do_not_come(struct world *w)
{
    struct event ev = { .kind = EVENT_NTS };

    ev.u.nts.wrong = "the server takes no connection";
    forget(w);
    give(w, &ev);
}

static void keys_are_renewed_after_four_weeks(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = rare() };

    (void)state;
    begin(&w, false);
    assert_int_equal(established(&w), 1);
    keys_come(&w, 90);
    live(&w, 27);
    assert_int_equal(established(&w), 0);
    live(&w, 1);
    pass(&w, w.now.ns + 7200 * NS_PER_S);
    assert_int_equal(established(&w), 1);
    keys_do_not_come(&w);
    assert_non_null(problem_of(&w, PROBLEM_NO_KEYS));
    pass(&w, w.now.ns + 17 * NS_PER_S);
    assert_int_equal(established(&w), 1); /* again, and meanwhile the old ones are used */
    keys_come(&w, 90);
    assert_null(problem_of(&w, PROBLEM_NO_KEYS));
    live(&w, 27);
    assert_int_equal(established(&w), 0);
    give(&w, &(struct event){ .kind = EVENT_SOURCE, .u.source = { ENGINE_SOURCE_OFFLINE, "ntp.example" } });
    live(&w, 9);
    assert_int_equal(established(&w), 0);
    end(&w);
}

/* A server renews its certificate long before its end; who took keys before that must not cry wolf. */
static void an_end_is_told_when_there_is_no_newer_certificate(void **state)
{
    struct world w = { .options.source_count = 1, .options.source[0] = rare() };

    (void)state;
    begin(&w, false);
    keys_come(&w, 31);
    assert_null(problem_of(&w, PROBLEM_CERTIFICATE));
    pass(&w, w.now.ns + DAY_NS + 7200 * NS_PER_S);
    assert_int_equal(established(&w), 1); /* is there another one? */
    assert_null(problem_of(&w, PROBLEM_CERTIFICATE));
    keys_come(&w, 88);
    pass(&w, w.now.ns + 2 * DAY_NS);
    assert_null(problem_of(&w, PROBLEM_CERTIFICATE)); /* there was */
    end(&w);

    begin(&w, false);
    keys_come(&w, 31);
    pass(&w, w.now.ns + 2 * DAY_NS);
    keys_come(&w, 29);
    assert_non_null(problem_of(&w, PROBLEM_CERTIFICATE)); /* there is none */
    assert_true(logged(&w, LOG_CERTIFICATE_EXPIRES));
    pass(&w, w.now.ns + DAY_NS + 7200 * NS_PER_S);
    assert_int_equal(established(&w), 1);
    keys_do_not_come(&w);
    pass(&w, w.now.ns + 5 * NS_PER_S);
    assert_non_null(problem_of(&w, PROBLEM_CERTIFICATE));
    end(&w);
}

/* Of several servers of one name that one which the clock has learnt something of goes on, as long as it is heard. */
static void who_is_heard_is_asked_for_keys_again(void **state)
{
    const struct net_addr none = { .family = ADDR_NONE }, it = { .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, 1 } };
    static const struct { uint8_t reach; bool heard; } rows[] = { { 0, false }, { 1, true }, { 0x10, true } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = { .options.source_count = 1, .options.source[0] = rare() };

        begin(&w, false);
        assert_true(addr_equal(&find(&w, ACTION_ESTABLISH, 0)->u.establish.heard, &none));
        keys_come(&w, 90);
        for (unsigned day = 0; day < 28; day++) {
            w.engine->slot[0].client.reach = rows[i].reach;
            live(&w, 1);
        }
        w.engine->slot[0].client.reach = rows[i].reach;
        pass(&w, w.now.ns + 7200 * NS_PER_S);
        assert_int_equal(established(&w), 1);
        assert_true(addr_equal(&find(&w, ACTION_ESTABLISH, 0)->u.establish.heard, rows[i].heard ? &it : &none));
        end(&w);
    }
}

/* What is asked already cannot take its place: it goes on with the keys that it has. */
static void who_is_sent_to_another_source_stays_where_it_was(void **state)
{
    const struct net_addr first = { .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, 1 } };
    struct world w = { .options.source_count = 2, .options.source = { rare(), source("192.0.2.9", "") } };
    struct event ev = { .kind = EVENT_NTS };
    const struct slot *s;

    (void)state;
    begin(&w, false);
    keys_come(&w, 90);
    ev.u.nts.keys = &keys;
    ev.u.nts.grant = &grant;
    ev.u.nts.ntp = (struct net_addr){ .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, 9 } };
    give(&w, &ev);
    assert_true(logged(&w, LOG_NTS_FAILED));
    s = sources_slot_of(w.engine, 0);
    assert_non_null(s);
    assert_true(addr_equal(&s->client.peer, &first));
    give(&w, &ev);
    give(&w, &ev);
    assert_int_equal(mono_sub(w.engine->configured[0].establish_at, w.now).ns, 64 * NS_PER_S); /* as after any other failure: each time later */
    end(&w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_renewed_after_four_weeks),
        cmocka_unit_test(an_end_is_told_when_there_is_no_newer_certificate),
        cmocka_unit_test(who_is_heard_is_asked_for_keys_again),
        cmocka_unit_test(who_is_sent_to_another_source_stays_where_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
