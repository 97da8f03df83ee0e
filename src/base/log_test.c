/* Both renderings: right words, escaped bytes, never past the end. */
#include "base/test.h"

#include <math.h>
#include <string.h>

#include "base/log.h"

static void a_sentence_takes_its_fields(void **state)
{
    struct log_record r = { .id = LOG_SOURCE_FALSETICKER };
    char out[200];

    (void)state;
    log_text(&r, "source", "bad.example");
    log_ns(&r, "offset_ns", -1500000);
    log_render_text(&r, out, sizeof out);
    assert_string_equal(out, "source bad.example disagrees with the majority by -1.5 ms: falseticker, not used");
}

/* A number that is none is told as nothing, a field that was not given as a question; events that nobody knows have a name all the same. */
static void what_is_missing_is_told(void **state)
{
    struct log_record none = { .id = LOG_SOURCE_FALSETICKER }, r = none;
    char out[300];

    (void)state;
    log_render_text(&none, out, sizeof out);
    assert_string_equal(out, "source ? disagrees with the majority by ?: falseticker, not used");
    log_double(&r, "a", 1.5);
    log_double(&r, "b", (double)INFINITY);
    log_render_json(&r, (struct utc_ns){ 0 }, out, sizeof out);
    assert_non_null(strstr(out, "\"a\":1.5,\"b\":null"));
    assert_string_equal(log_name(LOG_ID_COUNT), "UNKNOWN");
    assert_int_equal(log_level_of(LOG_ID_COUNT), LOG_ERROR_LEVEL);
}

/* The record keeps the time itself: it is rendered when whoever made it has returned. */
static void a_time_is_a_word(void **state)
{
    struct log_record r = { .id = LOG_CLOCK_BEFORE_SAVED };
    char out[300];

    (void)state;
    log_ns(&r, "gap_ns", 30 * NS_PER_S);
    log_utc(&r, "utc", (struct utc_ns){ INT64_C(1767225601) * NS_PER_S });
    log_render_text(&r, out, sizeof out);
    assert_non_null(strstr(out, "time goes on from 2026-01-01T00:00:01Z until a source tells it"));
    log_render_json(&r, (struct utc_ns){ 0 }, out, sizeof out);
    assert_non_null(strstr(out, "\"utc\":\"2026-01-01T00:00:01Z\""));
    log_render_logfmt(&r, (struct utc_ns){ 0 }, out, sizeof out);
    assert_non_null(strstr(out, " utc=2026-01-01T00:00:01Z"));
}

static void bytes_from_outside_are_escaped(void **state)
{
    struct log_record r = { .id = LOG_SOURCE_KISS };
    char out[200];

    (void)state;
    log_text(&r, "source", "a\nb\\");
    log_text(&r, "code", "X\"\x1b\xff");
    log_render_text(&r, out, sizeof out);
    assert_string_equal(out, "source a\\x0ab\\x5c sent kiss-o'-death X\"\\x1b\\xff");
    log_render_json(&r, (struct utc_ns){ 0 }, out, sizeof out);
    assert_string_equal(out, "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"level\":\"warning\",\"event\":\"source_kiss\","
                             "\"source\":\"a\\u000ab\\\\\",\"code\":\"X\\\"\\u001b\\u00ff\"}");
}

static void a_short_buffer_is_respected(void **state)
{
    struct log_record r = { .id = LOG_TEXT };
    char out[16];

    (void)state;
    log_text(&r, "text", "a sentence that is far longer than the buffer");
    for (size_t size = 1; size <= sizeof out; size++) {
        memset(out, 'x', sizeof out);
        assert_int_equal(log_render_text(&r, out, size), size - 1);
        assert_int_equal(out[size - 1], '\0');
        if (size < sizeof out)
            assert_int_equal(out[size], 'x');
    }
}

/* As a text between quotes that do not end, the line would be none. */
static void a_field_without_room_is_left_out_whole(void **state)
{
    struct log_record r = { .id = LOG_SOURCE_REFUSED };
    char out[200], longest[64], lines[440];

    (void)state;
    memset(longest, 0xe4, sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    log_text(&r, "source", longest);
    log_text(&r, "reason", "far");
    for (size_t size = sizeof out; size >= 120; size--) {
        size_t n = log_render_json(&r, (struct utc_ns){ 0 }, out, size);

        assert_true(n < size && n == strlen(out));
        assert_string_equal(out + n - 16, ",\"reason\":\"far\"}");
        assert_null(strstr(out, "u00"));
        log_render_logfmt(&r, (struct utc_ns){ 0 }, out, size);
        assert_string_equal(out + strlen(out) - 11, " reason=far");
        assert_null(strstr(out, "u00"));
    }
    log_render_journal(&r, lines, sizeof lines);
    assert_string_equal(lines + strlen(lines) - 16, "\nUTC_REASON=far\n");
    assert_null(strstr(lines, "UTC_SOURCE"));
}

static void a_full_record_takes_no_more(void **state)
{
    struct log_record r = { .id = LOG_TEXT };

    (void)state;
    for (int i = 0; i < LOG_FIELDS_MAX + 3; i++)
        log_int(&r, "n", i);
    assert_int_equal(r.count, LOG_FIELDS_MAX);
    assert_int_equal(r.field[LOG_FIELDS_MAX - 1].u.i, LOG_FIELDS_MAX - 1);
}

static void durations_read_well(void **state)
{
    static const struct { int64_t ns; const char *text; } rows[] = {
        { 0, "0 ns" }, { -5, "-5 ns" }, { 1234, "1.234 us" }, { 1500000, "1.5 ms" }, { -2000000000, "-2 s" },
        { 90 * NS_PER_S, "1.5 min" }, { 7200 * NS_PER_S, "2 h" },
        { INT64_C(20454) * 86400 * NS_PER_S, "20454 d" }, { INT64_C(-99999) * 86400 * NS_PER_S, "-99999 d" }, { INT64_C(9999) * 86400 * NS_PER_S, "9999 d" },
    };
    char out[24];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(ns_to_text(rows[i].ns, out), rows[i].text);
    ns_to_text(INT64_MIN, out);
    assert_true(strlen(out) < sizeof out);
}

static void each_shape_holds_what_is_from_outside_in_its_quotes(void **state)
{
    struct log_record r = { .id = LOG_SOURCE_REFUSED };
    const struct log_sender from = { "host", "simple-utcd", 7 };
    struct utc_ns at = { 1767225600 * NS_PER_S };
    char out[512];

    (void)state;
    log_text(&r, "source", "a b\n=\"");
    log_text(&r, "reason", "far");
    log_ns(&r, "offset_ns", -5);
    log_render_logfmt(&r, at, out, sizeof out);
    assert_string_equal(out, "time=2026-01-01T00:00:00.000000Z level=warning event=source_refused source=\"a b\\u000a=\\\"\" reason=far offset_ns=-5");
    log_render_journal(&r, out, sizeof out);
    assert_string_equal(out, "MESSAGE=source a b\\x0a=\" is not usable: far\nPRIORITY=4\nSYSLOG_IDENTIFIER=simple-utcd\nUTC_EVENT=source_refused\n"
                             "UTC_TOPIC=sources\nUTC_SOURCE=a b\\x0a=\"\nUTC_REASON=far\nUTC_OFFSET_NS=-5\n");
    log_render_syslog(&r, at, &from, "words", out, sizeof out);
    assert_string_equal(out, "<28>1 2026-01-01T00:00:00.000000Z host simple-utcd 7 source_refused - words");
    log_render_syslog(&r, at, &from, "words", out, 20);
    assert_string_equal(out, "<28>1 2026-01-01T00");
}

/* RFC 5424 section 6: MSGID has at most 32 characters. */
static void every_event_has_a_topic_and_a_short_name(void **state)
{
    (void)state;
    for (int id = 0; id < LOG_ID_COUNT; id++) {
        assert_true(log_topic_of((enum log_id)id) < LOG_TOPICS);
        assert_true(strlen(log_name((enum log_id)id)) <= 32);
    }
    assert_string_equal(log_topic_name(log_topic_of(LOG_LEAP_ARMED)), "leap");
    assert_string_equal(log_topic_name(log_topic_of(LOG_NO_MAJORITY)), "clock");
    assert_string_equal(log_topic_name(log_topic_of(LOG_STARTED)), "daemon");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_takes_its_fields), cmocka_unit_test(what_is_missing_is_told),
        cmocka_unit_test(a_time_is_a_word), cmocka_unit_test(bytes_from_outside_are_escaped),
        cmocka_unit_test(a_short_buffer_is_respected), cmocka_unit_test(a_field_without_room_is_left_out_whole),
        cmocka_unit_test(a_full_record_takes_no_more), cmocka_unit_test(durations_read_well),
        cmocka_unit_test(each_shape_holds_what_is_from_outside_in_its_quotes), cmocka_unit_test(every_event_has_a_topic_and_a_short_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
