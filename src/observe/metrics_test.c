/* What Prometheus is told: one series for one thing, both formats, nothing from outside unescaped, a bounded number of lines. promtool and Prometheus
 * themselves read it in tests/system/metrics_test.py. */
#include "observe/metrics.h"

#include <stdio.h>
#include <string.h>

#include "base/test.h"
#include "observe/text.h"

static char out[METRICS_MAX];

static struct snapshot *some(void)
{
    static struct snapshot s;

    memset(&s, 0, sizeof s);
    s.page.status = CLOCK_SYNCHRONISED;
    s.page.stratum = 3;
    s.page.early.ns = 12345;
    s.page.holdover_at = s.page.free_running_at = s.page.silent_at = MONO_NEVER;
    s.freq_ppm = -12.5;
    s.steps = 2;
    s.source_count = 1;
    snprintf(s.source[0].name, sizeof s.source[0].name, "ntp.example.org");
    s.source[0].addr = (struct net_addr){ .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, 1 } };
    s.source[0].state = SOURCE_SELECTED;
    s.source[0].offset.ns = -1500;
    s.source[0].verdict[VERDICT_BOGUS] = 7;
    s.service_count = 1;
    snprintf(s.service[0].name, sizeof s.service[0].name, "NTP");
    s.service[0].requests = 9;
    histogram_add(&s.histogram[HISTOGRAM_ANSWER], (struct dur_ns){ 30000 });
    histogram_add(&s.histogram[HISTOGRAM_ANSWER], (struct dur_ns){ INT64_C(20) * NS_PER_S });
    return &s;
}

static void has(const char *line)
{
    const char *at = strstr(out, line);

    if (!at || (at > out && at[-1] != '\n'))
        fail_msg("no line %s in\n%.3000s", line, out);
}

static void what_is_authenticated_and_until_when(void **state)
{
    struct snapshot *s = some();

    (void)state;
    assert_true(metrics_write(s, "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    has("simple_utcd_source_authenticated{source=\"ntp.example.org\",address=\"192.0.2.1:123\"} 0\n");
    assert_null(strstr(out, "simple_utcd_nts_")); /* there is no such server */
    assert_null(strstr(out, "simple_utcd_source_nts_cookies{"));
    assert_null(strstr(out, "simple_utcd_source_certificate_expiry_timestamp_seconds{"));
    s->certificate_expires.ns = INT64_C(1800000000) * NS_PER_S;
    s->handshakes = 5;
    s->handshakes_granted = 4;
    s->source[0].auth = SOURCE_AUTH_NTS;
    s->source[0].cookies = 7;
    s->source[0].certificate_expires.ns = INT64_C(1900000000) * NS_PER_S;
    assert_true(metrics_write(s, "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    has("simple_utcd_nts_certificate_expiry_timestamp_seconds 1800000000\n");
    has("simple_utcd_nts_handshakes_total 5\n");
    has("simple_utcd_nts_handshakes_granted_total 4\n");
    has("simple_utcd_source_authenticated{source=\"ntp.example.org\",address=\"192.0.2.1:123\"} 1\n");
    has("simple_utcd_source_nts_cookies{source=\"ntp.example.org\",address=\"192.0.2.1:123\"} 7\n");
    has("simple_utcd_source_certificate_expiry_timestamp_seconds{source=\"ntp.example.org\",address=\"192.0.2.1:123\"} 1900000000\n");
    s->source[0].auth = SOURCE_AUTH_KEY;
    assert_true(metrics_write(s, "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    has("simple_utcd_source_authenticated{source=\"ntp.example.org\",address=\"192.0.2.1:123\"} 1\n");
    assert_null(strstr(out, "simple_utcd_source_nts_cookies{"));
}

static void both_formats_name_a_counter_their_way(void **state)
{
    (void)state;
    assert_true(metrics_write(some(), "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    has("# TYPE simple_utcd_clock_steps_total counter\nsimple_utcd_clock_steps_total 2\n");
    has("# TYPE simple_utcd_build_info gauge\nsimple_utcd_build_info{version=\"1.2\"} 1\n");
    assert_null(strstr(out, "# EOF"));
    assert_true(metrics_write(some(), "1.2", METRICS_OPENMETRICS, out, sizeof out) > 0);
    has("# TYPE simple_utcd_clock_steps counter\nsimple_utcd_clock_steps_total 2\n");
    has("# TYPE simple_utcd_build info\nsimple_utcd_build_info{version=\"1.2\"} 1\n");
    has("# UNIT simple_utcd_clock_bound_seconds seconds\nsimple_utcd_clock_bound_seconds 0.000012345\n");
    assert_string_equal(out + strlen(out) - 6, "# EOF\n");
}

static void values_and_labels(void **state)
{
    (void)state;
    assert_true(metrics_write(some(), "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    has("simple_utcd_core_up 1\n");
    has("simple_utcd_clock_status{status=\"synchronised\"} 1\n");
    has("simple_utcd_clock_status{status=\"holdover\"} 0\n");
    has("simple_utcd_clock_frequency_ppm -12.5\n");
    has("simple_utcd_source_offset_seconds{source=\"ntp.example.org\",address=\"192.0.2.1:123\"} -0.0000015\n");
    has("simple_utcd_source_state{source=\"ntp.example.org\",address=\"192.0.2.1:123\",state=\"selected\"} 1\n");
    has("simple_utcd_source_state{source=\"ntp.example.org\",address=\"192.0.2.1:123\",state=\"falseticker\"} 0\n");
    has("simple_utcd_source_datagrams_total{source=\"ntp.example.org\",address=\"192.0.2.1:123\",verdict=\"bogus\"} 7\n");
    has("simple_utcd_requests_total{service=\"NTP\"} 9\n");
    has("simple_utcd_requests_verdict_total{service=\"NTP\",verdict=\"short\"} 0\n");
    has("simple_utcd_answer_latency_seconds_bucket{le=\"0.00002\"} 0\n");
    has("simple_utcd_answer_latency_seconds_bucket{le=\"0.00005\"} 1\n");
    has("simple_utcd_answer_latency_seconds_bucket{le=\"10.0\"} 1\n");
    has("simple_utcd_answer_latency_seconds_bucket{le=\"+Inf\"} 2\n");
    has("simple_utcd_answer_latency_seconds_sum 20.00003\n");
    has("simple_utcd_answer_latency_seconds_count 2\n");
}

static void a_source_that_never_answered_has_no_offset(void **state)
{
    struct snapshot *s = some();

    (void)state;
    s->source[0].last_answer_age.ns = -1;
    assert_true(metrics_write(s, "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    assert_null(strstr(out, "simple_utcd_source_offset_seconds{"));
    has("simple_utcd_source_requests_total{source=\"ntp.example.org\",address=\"192.0.2.1:123\"} 0\n");
}

static void without_core_only_that_is_told(void **state)
{
    (void)state;
    assert_true(metrics_write(NULL, "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    has("simple_utcd_core_up 0\n");
    assert_null(strstr(out, "clock_bound"));
}

/* CTL-12 for this face: quotes, backslashes, line ends and other bytes end no label and begin no line. */
static void CTL_12_text_from_outside_is_escaped(void **state)
{
    struct snapshot *s = some();

    (void)state;
    snprintf(s->source[0].name, sizeof s->source[0].name, "a\"b\\c\nd\xff");
    assert_true(metrics_write(s, "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    has("simple_utcd_source_reach{source=\"a\\\"b\\\\x5cc\\\\x0ad\\\\xff\",address=\"192.0.2.1:123\"} 0\n");
}

static unsigned series(void)
{
    unsigned n = 0;

    for (const char *line = out; *line; line = strchr(line, '\n') + 1)
        n += *line != '#';
    return n;
}

/* CTL-13: with everything full, and ten million clients seen, the lines are still counted by sources and services. */
static void CTL_13_the_number_of_series_is_bounded_and_fits(void **state)
{
    static struct snapshot s;

    (void)state;
    memset(&s, 0x7f, sizeof s);
    s.source_count = SNAPSHOT_SOURCES_MAX;
    s.service_count = SNAPSHOT_SERVICES_MAX;
    s.process_count = SNAPSHOT_PROCESSES_MAX;
    s.problems.count = 0;
    s.clients.known = 10000000;
    memset(s.version, 0, sizeof s.version);
    for (unsigned i = 0; i < SNAPSHOT_SOURCES_MAX; i++) {
        snprintf(s.source[i].name, sizeof s.source[i].name, "%060u.x", i);
        s.source[i].state = SOURCE_SELECTED;
        s.source[i].addr = (struct net_addr){ .family = ADDR_IPV6, .port = 65535, .scope = UINT32_MAX, .bytes = { 255, 255 } };
    }
    for (unsigned i = 0; i < SNAPSHOT_SERVICES_MAX; i++)
        snprintf(s.service[i].name, sizeof s.service[i].name, "service%u", i);
    for (unsigned i = 0; i < SNAPSHOT_PROCESSES_MAX; i++)
        snprintf(s.process[i].role, sizeof s.process[i].role, "role%u", i);
    assert_true(metrics_write(&s, "1.2", METRICS_OPENMETRICS, out, sizeof out) > 0);
    assert_true(series() < 2000);
    assert_null(strstr(out, "client"));
}

static void twins_that_are_still_looked_up_are_one_series(void **state)
{
    struct snapshot *s = some();
    const char *first;

    (void)state;
    s->source_count = 2;
    s->source[1] = s->source[0];
    assert_true(metrics_write(s, "1.2", METRICS_PROMETHEUS, out, sizeof out) > 0);
    first = strstr(out, "simple_utcd_source_reach{");
    assert_non_null(first);
    assert_null(strstr(first + 1, "simple_utcd_source_reach{"));
}

static void numbers_are_exact(void **state)
{
    const struct { int64_t ns; const char *text; } rows[] = {
        { 0, "0" }, { 1, "0.000000001" }, { -1, "-0.000000001" }, { NS_PER_S, "1" }, { 1500 * NS_PER_MS, "1.5" }, { -NS_PER_MS, "-0.001" },
        { INT64_MAX, "9223372036.854775807" }, { INT64_MIN, "-9223372036.854775808" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text t = text_of(out, 64);

        text_put_seconds(&t, rows[i].ns);
        assert_true(text_end(&t) > 0);
        assert_string_equal(out, rows[i].text);
    }
}

static void too_little_room_is_told(void **state)
{
    (void)state;
    for (size_t size = 1; size < 3000; size += 100)
        assert_int_equal(metrics_write(some(), "1.2", METRICS_PROMETHEUS, out, size), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_name_a_counter_their_way),
        cmocka_unit_test(values_and_labels), cmocka_unit_test(what_is_authenticated_and_until_when),
        cmocka_unit_test(a_source_that_never_answered_has_no_offset),
        cmocka_unit_test(without_core_only_that_is_told),
        cmocka_unit_test(CTL_12_text_from_outside_is_escaped),
        cmocka_unit_test(CTL_13_the_number_of_series_is_bounded_and_fits),
        cmocka_unit_test(twins_that_are_still_looked_up_are_one_series),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(too_little_room_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
