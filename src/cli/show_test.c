/* What people read, word for word: a snapshot in every status, the table of sources, answers of servers. */
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

#include "base/test.h"
#include "cli/table.h"

static struct snapshot some_snapshot(void)
{
    struct snapshot s = {
        .version = "0.1.0", .clock_mode = "virtual", .clock_reason = "the system does not permit it", .now = { 2 * NS_PER_S }, .freq_ppm = 12.3456,
        .skew_ppm = 0.05, .max_drift_ppm = 1, .max_drift_silent_ppm = 15, .uptime = { 90 * NS_PER_S }, .steps = 1,
    };

    s.page = (struct page_data){
        .raw_ref = { NS_PER_S }, .slew_end = { NS_PER_S }, .tai_ref = { INT64_C(1700000036) * NS_PER_S }, .early = { 1000000 }, .late = { 1200000 },
        .growth_silent = 15e-6, .silent_at = MONO_NEVER, .holdover_at = MONO_NEVER, .free_running_at = MONO_NEVER, .leap_at = { INT64_MAX },
        .root_delay = { 2000000 }, .system_clock_error = { 300000 }, .heartbeat = { NS_PER_S }, .tai_minus_utc_s = 37, .refid = 0xc0000201,
        .status = CLOCK_SYNCHRONISED, .stratum = 3, .sources_total = 4, .sources_reachable = 4, .sources_selected = 3, .sources_false = 1,
    };
    return s;
}

/* What show_x prints, as one string; to be freed. */
static char *printed(void (*show)(const struct snapshot *, unsigned, FILE *), const struct snapshot *s, unsigned width)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    show(s, width, out);
    fclose(out);
    return text;
}

static void expect_lines(void (*show)(const struct snapshot *, unsigned, FILE *), const struct snapshot *s, const char *first_lines)
{
    char *text = printed(show, s, 0);

    text[strlen(first_lines) < strlen(text) ? strlen(first_lines) : strlen(text)] = '\0';
    assert_string_equal(text, first_lines);
    free(text);
}

static void expect(void (*show)(const struct snapshot *, unsigned, FILE *), const struct snapshot *s, const char *part)
{
    char *text = printed(show, s, 0);

    if (!strstr(text, part))
        fail_msg("'%s' is not in\n%s", part, text);
    free(text);
}

static void status_in_full(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.service_count = 1;
    s.service[0] = (struct snapshot_service){ .name = "NTP", .requests = 7, .verdict = { [VERDICT_ANSWERED] = 6 } };
    expect_lines(show_status, &s,
                 "Synchronised to 3 of 4 sources; true time is within ±1.2 ms.\n"
                 "\n"
                 "  UTC now         2023-11-14T22:13:20.000000Z\n"
                 "  Stratum         3, reference 192.0.2.1\n"
                 "  Sources         4 configured, 4 answering, 3 followed, 1 false\n"
                 "  Clock           virtual: the system does not permit it\n"
                 "  System clock    -300 us: it is ahead\n"
                 "  Oscillator      12.346 ppm slow, known to ±0.050 ppm\n"
                 "  Assumed         most sources are truthful; a frequency within 1 ppm of what is learnt, 15 ppm in silence; 'utcctl clock' has all of it\n"
                 "  Served          NTP: 7 requests, 6 answered\n"
                 "  Daemon          simple-utcd 0.1.0, running for 1.5 min, 1 step of the clock\n");
    s.service[0].verdict[VERDICT_SHORT] = 2;
    s.service[0].verdict[VERDICT_MAC_WRONG] = 5;
    s.service[0].verdict[VERDICT_AMPLIFY] = 5;
    expect(show_status, &s, "6 answered\n                  not answered, most of all: the MAC does not fit the packet: another key, or the packet was "
                            "changed (5)\n  Daemon");
    s.source_count = 5; /* one has no address yet, and is not in the page's count */
    expect(show_status, &s, "Synchronised to 3 of 5 sources; ");
    expect(show_status, &s, "5 configured, 4 answering");
}

static void every_status_has_its_sentence(void **state)
{
    static const struct { enum clock_status status; const char *sentence; } rows[] = {
        { CLOCK_SYNCHRONISED, "Synchronised to 3 of 4 sources; true time is within ±1.2 ms.\n\n" },
        { CLOCK_HOLDOVER, "Holding over: every source is silent; true time is still within ±1.2 ms, which grows by 15 ppm.\n\n" },
        { CLOCK_LOCAL, "Local: no source is followed; by the operator's statement `local` time is served at stratum 3, said to be within ±1.2 ms.\n\n" },
        { CLOCK_FREE_RUNNING, "Not synchronised: free-running. Time may be off by ±1.2 ms, more than holdover.max_error permits: every source has been silent "
                              "for too long, or is that far off itself. It is no longer served as right.\nWhat to do: " },
        { CLOCK_DISRUPTED, "Not synchronised: the clock was disturbed (sleep, migration, or another program set it) and is being measured again.\n"
                           "What to do: " },
        { CLOCK_UNSYNCHRONISED, "Not synchronised: no source answers.\nWhat to do: " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct snapshot s = some_snapshot();

        s.page.status = (uint8_t)rows[i].status;
        strcpy(s.hint, "no source answers");
        expect_lines(show_status, &s, rows[i].sentence);
        expect_lines(show_clock, &s, rows[i].sentence);
    }
}

/* The last one was taken out, or offline: until it holds over the clock is what it was, but nobody is followed. */
static void a_clock_that_follows_nobody_any_more_says_so(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.page.sources_selected = 0;
    s.page.reference_time = utc_add(page_utc(&s.page, s.now), (struct dur_ns){ -90 * NS_PER_S });
    expect_lines(show_status, &s, "Synchronised when last measured, 1.5 min ago, but no source is followed now; true time is within ±1.2 ms.\n\n");
    s.page.sources_total = 0;
    expect_lines(show_status, &s, "Synchronised when last measured, 1.5 min ago, but no source is configured now; true time is within ±1.2 ms.\n\n");
    s.page.status = CLOCK_HOLDOVER;
    expect_lines(show_status, &s, "Holding over: no source is configured; true time is still within ±1.2 ms, which grows by 15 ppm.\n\n");
    s.source_count = s.page.sources_total = 1;
    s.source[0].state = SOURCE_OFFLINE;
    expect_lines(show_status, &s, "Holding over: every source was taken offline; true time is still within ±1.2 ms, which grows by 15 ppm.\n\n");
    s.source_count = s.page.sources_total = 2;
    s.source[0].state = SOURCE_UNREACHABLE;
    s.source[1].state = SOURCE_NEW;
    expect_lines(show_status, &s, "Holding over: no source is followed; true time is still within ±1.2 ms, which grows by 15 ppm.\n\n");
}

static void a_leap_second_that_comes_is_in_the_status(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.page.leap_delta_s = 1;
    s.page.leap_at = (struct tai_ns){ (INT64_C(1704067200) + 37) * NS_PER_S };
    expect(show_status, &s, "  Leap second     one is inserted before 2024-01-01T00:00:00Z\n");
}

static void an_unusable_clock_says_what_to_do(void **state)
{
    static const struct { uint32_t count; uint8_t states[3]; const char *advice; } rows[] = {
        { 0, { 0 }, "What to do: Name at least one server" },
        { 2, { SOURCE_RESOLVING, SOURCE_RESOLVING }, "What to do: Check the network and the name server" },
        { 2, { SOURCE_RESOLVING, SOURCE_UNREACHABLE }, "What to do: Check the network, and that a firewall" },
        { 3, { SOURCE_NEW, SOURCE_FALSETICKER, SOURCE_FALSETICKER }, "What to do: Compare the sources" },
        { 1, { SOURCE_REFUSED }, "What to do: A source answers, but says itself" },
        { 2, { SOURCE_NEW, SOURCE_UNREACHABLE }, "What to do: Wait for a few polls" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct snapshot s = some_snapshot();

        s.page.status = CLOCK_UNSYNCHRONISED;
        s.source_count = rows[i].count;
        for (uint32_t n = 0; n < s.source_count; n++)
            s.source[n].state = rows[i].states[n];
        expect(show_status, &s, rows[i].advice);
        expect(show_status, &s, "  Stratum         none: clients are told not to use this clock\n");
    }
}

/* Before a majority has ever been there all sources are new, however often they have answered. */
static void a_missing_majority_is_no_matter_of_waiting(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.page.status = CLOCK_UNSYNCHRONISED;
    s.source_count = 2;
    s.source[0].state = s.source[1].state = SOURCE_NEW;
    expect(show_status, &s, "What to do: Wait for a few polls");
    s.problems.count = 1;
    s.problems.item[0].kind = PROBLEM_NO_MAJORITY;
    expect(show_status, &s, "What to do: Compare the sources");
    s.problems.item[0].kind = PROBLEM_STEP_BUDGET;
    expect(show_status, &s, "What to do: If the step is right, set the clock by hand, or raise clock.step_budget.");
    s.problems.item[0].kind = PROBLEM_PANIC;
    expect(show_status, &s, "What to do: Compare with a clock that you trust; if the sources are right, restart the daemon, or raise clock.panic_threshold.");
}

/* The page has what was counted when it was written; the list is of now. */
static void the_counts_are_those_of_the_list(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.source_count = 4;
    for (uint32_t i = 0; i < s.source_count; i++)
        s.source[i].state = SOURCE_FALSETICKER;
    expect(show_status, &s, "  Sources         4 configured, 4 answering, 0 followed, 4 false\n");
}

/* It is what makes the bound wide. */
static void a_large_correction_is_in_the_status(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.page.slew = (struct dur_ns){ -INT64_C(5320) * NS_PER_MS };
    s.page.slew_end = (struct mono_ns){ 7 * NS_PER_S };
    expect(show_status, &s, "  Correction      of 5.32 s is being worked off, done in 5 s\n");
}

static void texts_from_the_daemon_are_escaped(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.page.status = CLOCK_UNSYNCHRONISED;
    strcpy(s.hint, "\x1b]0;x\x07");
    strcpy(s.clock_reason, "a\nb");
    s.source_count = 1;
    strcpy(s.source[0].name, "\xff");
    expect(show_status, &s, "Not synchronised: \\x1b]0;x\\x07.");
    strcpy(s.hint, "is it open?");
    expect(show_status, &s, "Not synchronised: is it open?\n");
    expect(show_status, &s, "virtual: a\\x0ab\n");
    expect(show_sources, &s, "\\xff");
}

static void what_keeps_a_served_clock_from_its_sources_is_told(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.page.status = CLOCK_LOCAL;
    s.page.sources_total = s.page.sources_reachable = s.page.sources_selected = s.page.sources_false = 0;
    s.source_count = 1;
    s.freq_ppm = 0;
    strcpy(s.hint, "no source's name could be resolved yet");
    expect(show_status, &s, "  Sources         1 configured, 0 answering, 0 followed, 0 false\n                  no source's name could be resolved yet\n");
    expect(show_status, &s, "  Oscillator      its frequency error is not known yet\n");
    s.source[0].state = SOURCE_OFFLINE;
    expect(show_status, &s, "0 followed, 0 false, 1 offline\n");
}

static void clock_in_full(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.page.slew = (struct dur_ns){ -3000000 };
    s.page.slew_end = (struct mono_ns){ 7 * NS_PER_S };
    s.page.leap_delta_s = 1;
    s.page.leap_at = (struct tai_ns){ INT64_C(1704067237) * NS_PER_S };
    expect(show_clock, &s, "  True UTC        between +1.5 ms and +3.7 ms from it\n");
    expect(show_clock, &s, "  TAI             UTC + 37 s\n");
    expect(show_clock, &s, "  Leap second     one is inserted before 2024-01-01T00:00:00Z\n");
    strcpy(s.leap_source, "list");
    s.leap_expires = (struct utc_ns){ INT64_C(1704067200) * NS_PER_S };
    expect(show_clock, &s, "  Known from      a leap-seconds.list, valid until 2024-01-01T00:00:00Z\n");
    expect(show_clock, &s, "  Correction      of 3 ms is being worked off, done in 5 s\n");
    expect(show_clock, &s, "  Root delay      2 ms to the reference clock and back\n");
    expect(show_clock, &s, "  Page            last written 1 s ago\n");
    expect(show_clock, &s, "  - the oscillator stays within 1 ppm of its learnt frequency (clock.max_drift), 15 ppm once every source has been silent for 8 "
                           "polls (clock.max_drift_silent),\n");
    s.limits.max_frequency_ppm = 500;
    expect(show_clock, &s, "(clock.max_drift_silent), and is never more than 500 ppm off (clock.max_frequency),\n");
    expect(show_clock, &s, "  - more than half of the usable sources are truthful within their own root distance,\n");
}

/* By the operator's word alone the bound rests on that, and on no source. */
static void what_a_local_clock_rests_on(void **state)
{
    static const char statement[] = "\nThe bound is true as long as\n"
                                    "  - this machine's clock was within 1 s of the truth before any source was heard (local.error),\n";
    struct snapshot s = some_snapshot();
    char *text;

    (void)state;
    s.page.status = CLOCK_LOCAL;
    s.page.sources_total = 0;
    s.limits = (struct snapshot_limits){ .local_stratum = 10, .local_error = { NS_PER_S } };
    expect(show_clock, &s, statement);
    expect(show_status, &s, "  Assumed         this machine's clock was within 1 s of the truth (local.error); 'utcctl clock' has all of it\n");
    text = printed(show_clock, &s, 0);
    assert_null(strstr(text, "more than half"));
    free(text);
    s.source_count = 1;
    s.source[0].last_answer_age.ns = NS_PER_S;
    expect(show_clock, &s, statement);
    expect(show_clock, &s, "  - more than half");
}

static struct snapshot two_sources(void)
{
    struct snapshot s = some_snapshot();

    s.source_count = 2;
    s.source[0] = (struct snapshot_source){
        .name = "ntp.example", .addr = { .family = ADDR_IPV4, .port = 123, .bytes = { 192, 0, 2, 1 } }, .state = SOURCE_SELECTED, .reach = 0xf7, .stratum = 2,
        .poll_log2 = 6, .offset = { 1500000 }, .delay = { 20000000 }, .jitter = { 40000 }, .bound = { 12000000 },
        .stamp = STAMP_HARDWARE, .last_answer_age = { 12 * NS_PER_S },
    };
    s.source[0].verdict[VERDICT_BOGUS] = 2;
    s.card_count = 1;
    s.card[0] = (struct snapshot_card){ "eth0", true, "its stamps are used" };
    s.source[0].verdict[VERDICT_ACCEPTED] = 9;
    s.source[1] = (struct snapshot_source){ .name = "gone.example", .state = SOURCE_RESOLVING, .poll_log2 = 6, .last_answer_age = { -1 } };
    return s;
}

static void sources_in_full(void **state)
{
    struct snapshot s = two_sources();
    struct clock_view v;

    (void)state;
    expect_lines(show_sources, &s,
                 "State      Source        Address        Stratum  Poll  Heard  Last   Offset   Bound  Delay  Jitter  Stamps\n"
                 "selected   ntp.example   192.0.2.1:123        2  64 s    7/8  12 s  +1.5 ms  ±12 ms  20 ms   40 us  hardware\n"
                 "resolving  gone.example  -                    -  64 s    0/8     -        -       -      -       -  -\n"
                 "\n"
                 "  resolving       its name has no address yet\n"
                 "  selected        agrees with the majority and is followed\n"
                 "  Heard           how many of the last eight questions were answered\n"
                 "  Stamps          the worse of the two of the last measurement: the network card's own (hardware), the kernel's, or this program's\n"
                 "  Offset, Bound   positive: this clock is behind the source, whose true time lies within the bound\n"
                 "  Hardware stamps eth0: its stamps are used\n"
                 "ntp.example: 2 not used: origin timestamp is not that of the pending request\n");
    page_view(&s.page, s.now, &v);
    s.source[0].certificate_expires = utc_add(v.utc, (struct dur_ns){ 40 * 86400 * NS_PER_S });
    expect(show_sources, &s, "  Certificate     of ntp.example: good for 40 d, until ");
    s.source[0].certificate_expires = utc_add(v.utc, (struct dur_ns){ -NS_PER_S });
    expect(show_sources, &s, "  Certificate     of ntp.example: has expired, ");
    s.source_count = 0;
    expect_lines(show_sources, &s, "No source is configured.\n");
}

/* No line is longer than the terminal; what cannot be left out stays. */
static void clients_in_a_table(void **state)
{
    struct snapshot s = { .clients = { .counted = 1, .known = 1234, .ever = 9999.7, .count = 2 } };

    (void)state;
    s.clients.client[0] = (struct snapshot_client){ .net = { .family = ADDR_IPV4, .bytes = { 192, 0, 2, 1 } }, .bits = 32, .requests = 500, .refused = 70,
                                                    .per_second = 33.4, .blocked = 1, .last_age = { NS_PER_S } };
    s.clients.client[1] = (struct snapshot_client){ .net = { .family = ADDR_IPV6, .bytes = { 0x20, 1, 0xd, 0xb8 } }, .bits = 64, .requests = 3,
                                                    .per_second = 0.25, .last_age = { 90 * NS_PER_S } };
    expect_lines(show_clients, &s,
                 "1234 clients known; about 10000 different ones ever asked.\n\n"
                 "Client         Requests  Per second     Last  Refused  Blocked\n"
                 "192.0.2.1           500          33      1 s       70  yes\n"
                 "2001:db8::/64         3        0.25  1.5 min        0  no\n");
    s.clients.counted = 0;
    expect(show_clients, &s, "configure rate_limit, or ntp.client_log: true");
}

static void access_in_sentences(void **state)
{
    struct snapshot s = { .access_count = 1 };
    struct snapshot_access *a = &s.access[0];

    (void)state;
    *a = (struct snapshot_access){ .from = { .family = ADDR_IPV4, .bytes = { 10, 0, 0, 7 } }, .service = "NTP", .listener = "192.0.2.1:123", .listeners = 3,
                                   .action = "deny", .matched = 1, .item = 2, .net = "10.0.0.0/8", .place = "/etc/u.yaml:12:5" };
    expect_lines(show_access, &s, "10.0.0.7 asking for NTP on 192.0.2.1:123 (and 2 more) is not answered.\n"
                                  "  Because         10.0.0.0/8 in access[2], /etc/u.yaml:12:5\n");
    a->matched = 0;
    snprintf(a->action, sizeof a->action, "allow");
    expect(show_access, &s, "is answered.\n  Because         no item of the access list covers it");
    a->logged = 1;
    a->client = (struct snapshot_client){ .net = a->from, .bits = 32, .requests = 1, .per_second = 0.5, .last_age = { NS_PER_S }, .blocked = 1 };
    expect(show_access, &s, "10.0.0.7 asked 1 time, 0.50 per second of late, last 1 s ago; it is blocked for a while");
    snprintf(a->action, sizeof a->action, "shrug");
    expect(show_access, &s, "meets an action that is not known here");
}

static void narrow_terminals_get_narrow_text(void **state)
{
    struct snapshot s = two_sources();
    void (*const show[])(const struct snapshot *, unsigned, FILE *) = { show_status, show_sources, show_clock };

    (void)state;
    for (unsigned width = 50; width < 120; width += 7)
        for (size_t i = 0; i < sizeof show / sizeof show[0]; i++) {
            char *text = printed(show[i], &s, width), *rest = text, *line;

            while ((line = strsep(&rest, "\n")))
                if (strlen(line) > width + 2) /* a plus-minus sign is two bytes */
                    fail_msg("%u columns: '%s'", width, line);
            free(text);
        }
}

/* A word is explained where it is seen. */
static void meanings_are_those_of_the_columns_that_are_shown(void **state)
{
    static const struct { unsigned width; bool stamps, heard; } rows[] = { { 0, true, true }, { 100, false, true }, { 50, false, false } };
    struct snapshot s = two_sources();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = printed(show_sources, &s, rows[i].width);

        assert_int_equal(strstr(text, "\n  Stamps ") != NULL, rows[i].stamps);
        assert_int_equal(strstr(text, "\n  Heard ") != NULL, rows[i].heard);
        assert_int_equal(strstr(strtok(text, "\n"), "Stamps") != NULL, rows[i].stamps);
        assert_int_equal(strstr(text, "Heard") != NULL, rows[i].heard);
        free(text);
    }
}

static char *printed_answer(const struct utc_answer *a, int protocol)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    show_answer(a, protocol, 0, out);
    fclose(out);
    return text;
}

static void answers_in_full(void **state)
{
    struct utc_answer good = {
        .address = "192.0.2.1:123", .offset_ns = -1500000, .error_ns = 11000000, .delay_ns = 20000000, .server_ns = INT64_C(1700000000000000000),
        .root_delay_ns = 2000000, .root_dispersion_ns = 500000, .stratum = 1, .refid = 0x47505300, .kernel_stamps = 1,
    };
    struct utc_answer kiss = { .outcome = UTC_NO_TIME, .reason = "kiss-o'-death RATE: slower", .address = "[::1]:123", .leap = 3 };
    struct utc_answer daytime = { .outcome = UTC_NO_TIME, .reason = "no UTC", .text = "Mon", .address = "a", .stratum = -1 };
    char *text = printed_answer(&good, UTC_NTP);

    (void)state;
    assert_string_equal(text, "192.0.2.1:123 answered (NTP)\n"
                              "\n"
                              "  Server's UTC    2023-11-14T22:13:20.000000Z\n"
                              "  Offset          -1.5 ms: the system clock is ahead\n"
                              "  Error           ±11 ms, if the server tells the truth\n"
                              "  Delay           20 ms round trip, stamped by the kernel\n"
                              "  Stratum         1, reference GPS\n"
                              "  Leap second     none announced\n"
                              "  Server's claim  root delay 2 ms, root dispersion 500 us, root distance 1.5 ms\n");
    free(text);
    text = printed_answer(&kiss, UTC_NTP);
    assert_non_null(strstr(text, "[::1]:123 answered, but has no time to give (NTP)\n\n  Reason          kiss-o'-death RATE: slower\n"));
    assert_null(strstr(text, "Offset"));
    free(text);
    text = printed_answer(&daytime, UTC_DAYTIME);
    assert_string_equal(text, "a answered, but has no time to give (DAYTIME (RFC 867))\n\n  Reason          no UTC\n  As sent         Mon\n");
    free(text);
}

static void the_step_budget_is_told(void **state)
{
    struct snapshot s = some_snapshot();

    (void)state;
    s.stepped.ns = 90 * NS_PER_S;
    s.step_budget.ns = INT64_C(36500) * 86400 * NS_PER_S;
    expect(show_status, &s, "Steps           1.5 min in all since the first synchronisation ever");
    s.step_budget.ns = 3600 * NS_PER_S;
    expect(show_status, &s, "Steps           1.5 min of the 1 h that clock.step_budget allows");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_in_full),          cmocka_unit_test(every_status_has_its_sentence),
        cmocka_unit_test(a_clock_that_follows_nobody_any_more_says_so), cmocka_unit_test(an_unusable_clock_says_what_to_do),
        cmocka_unit_test(a_leap_second_that_comes_is_in_the_status),
        cmocka_unit_test(the_counts_are_those_of_the_list),
        cmocka_unit_test(a_large_correction_is_in_the_status),
        cmocka_unit_test(a_missing_majority_is_no_matter_of_waiting), cmocka_unit_test(clock_in_full), cmocka_unit_test(what_a_local_clock_rests_on),
        cmocka_unit_test(sources_in_full),               cmocka_unit_test(texts_from_the_daemon_are_escaped),
        cmocka_unit_test(what_keeps_a_served_clock_from_its_sources_is_told),
        cmocka_unit_test(clients_in_a_table), cmocka_unit_test(access_in_sentences),
        cmocka_unit_test(answers_in_full),         cmocka_unit_test(narrow_terminals_get_narrow_text),
        cmocka_unit_test(meanings_are_those_of_the_columns_that_are_shown),
        cmocka_unit_test(the_step_budget_is_told),
    };

    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
