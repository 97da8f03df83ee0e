/* Words of a snapshot, and its JSON. */
#include "observe/snapshot.h"

#include <string.h>

#include "base/test.h"
#include "observe/snapshot_json.h"

static void reference_ids_read_as_people_know_them(void **state)
{
    char out[REFID_TEXT_MAX];

    (void)state;
    assert_string_equal(refid_to_text(0x47505300, 1, out), "GPS");
    assert_string_equal(refid_to_text(0x1b5b316d, 1, out), "\\x1b[1m");
    assert_string_equal(refid_to_text(0xc0000201, 2, out), "192.0.2.1");
    assert_string_equal(refid_to_text(0xffffffff, 0, out), "\\xff\\xff\\xff\\xff");
}

static void printable_text_is_cut_whole(void **state)
{
    char out[8];

    (void)state;
    assert_string_equal(text_printable("a\x07" "bcd", out, sizeof out), "a\\x07bc");
    assert_string_equal(text_printable("abcde\x07", out, sizeof out), "abcde");
    assert_string_equal(text_printable("\\", out, sizeof out), "\\x5c");
}

static void numbers_out_of_range_have_words(void **state)
{
    (void)state;
    assert_string_equal(source_state_text(SOURCE_SELECTED), "selected");
    assert_string_equal(source_state_text((enum source_state)99), "unknown");
    assert_string_equal(leap_text((enum leap)99), "unknown");
    assert_string_equal(stamp_text((enum stamp)99), "unknown");
}

static const char *clock_json(const struct snapshot *s)
{
    static char out[SNAPSHOT_JSON_MAX];
    struct json j = json_of(out, sizeof out);

    snapshot_json_clock(&j, s);
    assert_true(json_end(&j) > 0);
    return out;
}

static void clock_json_tells_bound_and_status(void **state)
{
    struct snapshot s = { .now = { 1000 }, .clock_mode = "virtual" };

    (void)state;
    s.page.status = CLOCK_SYNCHRONISED;
    s.page.stratum = 2;
    s.page.refid = 0xc0000201;
    s.page.raw_ref.ns = 1000;
    s.page.tai_ref.ns = INT64_C(1700000037) * NS_PER_S;
    s.page.tai_minus_utc_s = 37;
    s.page.early.ns = 5;
    s.page.late.ns = 7;
    s.page.holdover_at = s.page.free_running_at = s.page.silent_at = MONO_NEVER;
    assert_non_null(strstr(clock_json(&s), "\"status\":\"synchronised\",\"usable\":true"));
    assert_non_null(strstr(clock_json(&s), "\"utc\":\"2023-11-14T22:13:20.000000000Z\",\"utc_ns\":1700000000000000000,"
                                           "\"earliest_ns\":1699999999999999995,\"latest_ns\":1700000000000000007,\"bound_ns\":7,"));
    assert_non_null(strstr(clock_json(&s), "\"reference_id\":\"192.0.2.1\""));
    s.page.status = CLOCK_FREE_RUNNING;
    assert_non_null(strstr(clock_json(&s), "\"status\":\"free-running\",\"usable\":false"));
    assert_non_null(strstr(clock_json(&s), "\"stratum\":0"));
}

static void a_silent_source_has_nulls(void **state)
{
    static char out[SNAPSHOT_JSON_MAX];
    struct snapshot s = { .source_count = 2 };
    struct json j = json_of(out, sizeof out);

    (void)state;
    strcpy(s.source[0].name, "a\"b");
    s.source[0].last_answer_age.ns = -1;
    s.source[1].last_answer_age.ns = 5;
    s.source[1].offset.ns = -3;
    s.source[1].verdict[VERDICT_BOGUS] = 4;
    snapshot_json_sources(&j, &s);
    assert_true(json_end(&j) > 0);
    assert_non_null(strstr(out, "\"name\":\"a\\u0022b\",\"address\":null"));
    assert_non_null(strstr(out, "\"offset_ns\":null"));
    assert_non_null(strstr(out, "\"offset_ns\":-3"));
    assert_non_null(strstr(out, "\"verdicts\":{\"bogus\":4}"));
}

static void a_service_shows_what_it_refused(void **state)
{
    static struct snapshot s = { .service_count = 1, .service = { { .name = "NTP", .requests = 3, .verdict = { [VERDICT_SHORT] = 2 }, .ahead = { 12500 } } } };
    char out[256];
    struct json j = json_of(out, sizeof out);

    (void)state;
    snapshot_json_services(&j, &s);
    assert_true(json_end(&j) > 0);
    assert_non_null(strstr(out, "{\"name\":\"NTP\",\"requests\":3,\"verdicts\":{\"short\":2},\"transmit_ahead_ns\":12500}"));
}

static void a_card_says_why_it_does_not_stamp(void **state)
{
    static struct snapshot s = { .card_count = 1, .card = { { .name = "eth0", .text = "it cannot" } },
                                 .xdp_count = 1, .xdp = { { .name = "eth1", .on = 1, .text = "in the driver" } } };
    char out[256];
    struct json j = json_of(out, sizeof out);

    (void)state;
    snapshot_json_cards(&j, &s);
    assert_true(json_end(&j) > 0);
    assert_string_equal(out, "\"hardware_timestamps\":[{\"interface\":\"eth0\",\"on\":false,\"detail\":\"it cannot\"}],"
                             "\"xdp\":[{\"interface\":\"eth1\",\"on\":true,\"detail\":\"in the driver\"}]");
}

static void the_largest_snapshot_fits_as_json(void **state)
{
    static char out[SNAPSHOT_JSON_MAX];
    static struct snapshot s;
    struct json j = json_of(out, sizeof out);

    (void)state;
    memset(&s, 0xff, sizeof s);
    s.source_count = SNAPSHOT_SOURCES_MAX;
    s.version[SNAPSHOT_NAME_MAX - 1] = s.clock_mode[SNAPSHOT_NAME_MAX - 1] = s.clock_reason[SNAPSHOT_TEXT_MAX - 1] = s.hint[SNAPSHOT_TEXT_MAX - 1] = 0;
    s.page = (struct page_data){ .leap_delta_s = 1, .reference_time = { INT64_MIN }, .leap_at = { INT64_MAX } };
    for (int i = 0; i < SNAPSHOT_SOURCES_MAX; i++) {
        s.source[i].name[SNAPSHOT_NAME_MAX - 1] = '\0';
        s.source[i].last_answer_age.ns = INT64_MAX;
        s.source[i].addr.family = ADDR_IPV6;
    }
    s.service_count = SNAPSHOT_SERVICES_MAX;
    for (int i = 0; i < SNAPSHOT_SERVICES_MAX; i++)
        s.service[i].name[SNAPSHOT_SERVICE_NAME_MAX - 1] = '\0';
    s.card_count = s.xdp_count = SNAPSHOT_CARDS_MAX;
    for (int i = 0; i < SNAPSHOT_CARDS_MAX; i++) {
        s.card[i].name[SNAPSHOT_CARD_NAME_MAX - 1] = s.card[i].text[SNAPSHOT_TEXT_MAX - 1] = '\0';
        s.xdp[i] = s.card[i];
    }
    json_object(&j, NULL);
    snapshot_json_daemon(&j, &s);
    snapshot_json_clock(&j, &s);
    snapshot_json_sources(&j, &s);
    snapshot_json_services(&j, &s);
    snapshot_json_cards(&j, &s);
    json_object_end(&j);
    assert_true(json_end(&j) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_ids_read_as_people_know_them), cmocka_unit_test(printable_text_is_cut_whole),
        cmocka_unit_test(numbers_out_of_range_have_words),        cmocka_unit_test(clock_json_tells_bound_and_status),
        cmocka_unit_test(a_silent_source_has_nulls),              cmocka_unit_test(a_service_shows_what_it_refused),
        cmocka_unit_test(a_card_says_why_it_does_not_stamp),      cmocka_unit_test(the_largest_snapshot_fits_as_json),
    };

    return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
