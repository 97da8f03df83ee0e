/* utc_query against a responder of our own on loopback, which answers rightly or wrongly as each row says. */
#include "utc/utc.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/measurement.h"
#include "base/test.h"
#include "lib/query.h"
#include "ntp/packet.h"
#include "timeproto/timeproto.h"

#define OFFSET_S 5      /* what the responder's clock is ahead */
#define SHORT_MS 200    /* a timeout that a test may wait for */
#define LONG_MS 3000

struct responder {
    int fd;
    uint16_t port;
    void (*answer)(int fd, const uint8_t *request, const struct sockaddr_in *to);
    pthread_t thread;
};

static int bound(int type, uint16_t *port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, type, 0);

    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static void *answer_once(void *arg)
{
    struct responder *r = arg;
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    uint8_t request[1024] = { 0 };

    if (recvfrom(r->fd, request, sizeof request, 0, (struct sockaddr *)&from, &len) >= 0)
        r->answer(r->fd, request, &from);
    return NULL;
}

/* Ask a responder that answers one datagram by `answer`. */
static int ask(int protocol, int timeout_ms, void (*answer)(int, const uint8_t *, const struct sockaddr_in *), struct utc_answer *out)
{
    struct responder r = { .answer = answer };
    struct utc_query q = { .host = "127.0.0.1", .protocol = protocol, .timeout_ms = timeout_ms };
    int err;

    r.fd = bound(SOCK_DGRAM, &r.port);
    q.port = r.port;
    assert_int_equal(pthread_create(&r.thread, NULL, answer_once, &r), 0);
    err = utc_query(&q, out);
    pthread_join(r.thread, NULL);
    close(r.fd);
    return err;
}

static struct utc_ns server_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (struct utc_ns){ (t.tv_sec + OFFSET_S) * NS_PER_S + t.tv_nsec };
}

static struct ntp_header good_answer(const uint8_t *request)
{
    struct ntp_header h, q;
    struct ntp_tail tail;

    assert_int_equal(ntp_packet_parse((struct span){ request, NTP_HEADER_SIZE }, &q, &tail), VERDICT_ACCEPTED);
    h = (struct ntp_header){
        .version = 4, .mode = NTP_MODE_SERVER, .stratum = 2, .precision_log2 = -24, .poll_log2 = 6, .refid = 0xc0000201,
        .root_delay = { 0x10000 / 100 }, .root_dispersion = { 0x10000 / 50 }, .origin = q.transmit,
    };
    h.receive = h.transmit = h.reference = ntp_ts64_from_utc(server_now());
    return h;
}

static void send_header(int fd, const struct ntp_header *h, size_t len, const struct sockaddr_in *to)
{
    uint8_t bytes[NTP_HEADER_SIZE];

    ntp_header_write(h, bytes);
    assert_int_equal(sendto(fd, bytes, len, 0, (const struct sockaddr *)to, sizeof *to), len);
}

static void answer_well(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    struct ntp_header h = good_answer(request);

    send_header(fd, &h, NTP_HEADER_SIZE, to);
}

static void answer_another_origin(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    struct ntp_header h = good_answer(request);

    h.origin.raw ^= 1;
    send_header(fd, &h, NTP_HEADER_SIZE, to);
}

static void answer_unsynchronised(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    struct ntp_header h = good_answer(request);

    h.leap = LEAP_UNKNOWN;
    send_header(fd, &h, NTP_HEADER_SIZE, to);
}

static void answer_kiss(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    struct ntp_header h = good_answer(request);

    h.leap = LEAP_UNKNOWN;
    h.stratum = 0;
    h.refid = NTP_REFID('R', 'A', 'T', 'E');
    send_header(fd, &h, NTP_HEADER_SIZE, to);
}

static void answer_unprintable_kiss(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    struct ntp_header h = good_answer(request);

    h.stratum = 0;
    h.refid = NTP_REFID(0x1b, '!', '~', 0x7f);
    send_header(fd, &h, NTP_HEADER_SIZE, to);
}

static void answer_short(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    struct ntp_header h = good_answer(request);

    send_header(fd, &h, NTP_HEADER_SIZE - 1, to);
}

static void stay_silent(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    (void)fd;
    (void)request;
    (void)to;
}

static void answer_after_forgeries(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    answer_short(fd, request, to);
    answer_another_origin(fd, request, to);
    answer_well(fd, request, to);
}

static void a_good_answer_gives_the_offset(void **state)
{
    struct utc_answer a;
    char address[32];

    (void)state;
    assert_int_equal(ask(UTC_NTP, LONG_MS, answer_well, &a), 0);
    assert_int_equal(a.outcome, UTC_ANSWERED);
    assert_string_equal(a.reason, "");
    assert_true(a.kernel_stamps); /* both ends of the loopback have them */
    assert_true(llabs(a.offset_ns - OFFSET_S * NS_PER_S) <= a.delay_ns + NS_PER_MS);
    assert_true(a.error_ns >= a.root_delay_ns / 2 + a.root_dispersion_ns + a.delay_ns / 2);
    assert_true(a.error_ns < 30 * NS_PER_MS + a.delay_ns);
    assert_int_equal(a.stratum, 2);
    assert_int_equal(a.leap, UTC_LEAP_NONE);
    assert_int_equal(a.refid, 0xc0000201);
    assert_true(a.root_dispersion_ns >= 19 * NS_PER_MS && a.root_dispersion_ns <= 20 * NS_PER_MS);
    assert_int_equal(sscanf(a.address, "%31[0-9.]", address), 1);
    assert_string_equal(address, "127.0.0.1");
}

static void forgeries_before_the_answer_do_no_harm(void **state)
{
    struct utc_answer a;

    (void)state;
    assert_int_equal(ask(UTC_NTP, LONG_MS, answer_after_forgeries, &a), 0);
    assert_int_equal(a.outcome, UTC_ANSWERED);
    assert_string_equal(a.reason, "");
}

static void answers_that_are_not_taken_say_why(void **state)
{
    static const struct {
        const char *name;
        void (*answer)(int, const uint8_t *, const struct sockaddr_in *);
        int timeout_ms, outcome;
        enum verdict reason;
    } rows[] = {
        { "another origin", answer_another_origin, SHORT_MS, UTC_REFUSED_ANSWER, VERDICT_BOGUS },
        { "47 bytes", answer_short, SHORT_MS, UTC_REFUSED_ANSWER, VERDICT_SHORT },
        { "LI 3", answer_unsynchronised, LONG_MS, UTC_NO_TIME, VERDICT_SERVER_UNSYNCHRONISED },
    };
    struct utc_answer a;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int err = ask(UTC_NTP, rows[i].timeout_ms, rows[i].answer, &a);

        if (err != 0 || a.outcome != rows[i].outcome || strcmp(a.reason, verdict_text(rows[i].reason)) != 0)
            fail_msg("%s: %d, outcome %d, %s", rows[i].name, err, a.outcome, a.reason);
    }
}

static void a_kiss_is_told_in_words(void **state)
{
    struct utc_answer a;

    (void)state;
    assert_int_equal(ask(UTC_NTP, LONG_MS, answer_kiss, &a), 0);
    assert_int_equal(a.outcome, UTC_NO_TIME);
    assert_string_equal(a.kiss, "RATE");
    assert_string_equal(a.reason, "kiss-o'-death RATE: the server asks for fewer requests");
    assert_int_equal(ask(UTC_NTP, LONG_MS, answer_unprintable_kiss, &a), 0);
    assert_string_equal(a.kiss, "?!~?");
}

static void silence_and_refusal_are_errors(void **state)
{
    struct utc_query q = { .host = "127.0.0.1", .timeout_ms = LONG_MS };
    struct utc_answer a;

    (void)state;
    assert_int_equal(ask(UTC_NTP, SHORT_MS, stay_silent, &a), -UE_TIMEOUT);
    assert_int_equal(ask(UTC_TIME, SHORT_MS, stay_silent, &a), -UE_TIMEOUT);
    close(bound(SOCK_DGRAM, &q.port));
    assert_int_equal(utc_query(&q, &a), -UE_REFUSED);
    q.protocol = UTC_DAYTIME;
    close(bound(SOCK_STREAM, &q.port));
    assert_int_equal(utc_query(&q, &a), -UE_REFUSED);
}

ssize_t __real_getrandom(void *out, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
static bool no_random;

ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags) { return no_random ? -1 : __real_getrandom(out, len, flags); }

/* The program that asks goes on, and what could be guessed is not sent. */
static void PROC_07_without_random_numbers_nothing_is_asked(void **state)
{
    struct utc_query q = { .host = "127.0.0.1", .timeout_ms = LONG_MS };
    int fd = bound(SOCK_DGRAM, &q.port);
    struct utc_answer a;
    uint8_t byte;

    (void)state;
    no_random = true;
    assert_int_equal(utc_query(&q, &a), -UE_UNSUPPORTED);
    no_random = false;
    assert_int_equal(recv(fd, &byte, sizeof byte, MSG_DONTWAIT), -1);
    close(fd);
}

static void a_link_local_address_needs_an_interface_that_is_there(void **state)
{
    const struct { const char *host; int err; } rows[] = {
        { "fe80::1", -UE_LINK_LOCAL }, { "fe80::1%nope", -UE_NO_INTERFACE }, { "fe80::1%4000000000", -UE_NO_INTERFACE }, { "nope.invalid", -UE_NO_NAME },
    };
    struct utc_answer a;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int err = utc_query(&(struct utc_query){ .host = rows[i].host, .timeout_ms = SHORT_MS }, &a);

        if (err != rows[i].err)
            fail_msg("%s: %d: %s", rows[i].host, err, utc_error_text(err));
    }
}

static void questions_that_make_no_sense_are_refused(void **state)
{
    const struct utc_query rows[] = {
        { .host = NULL }, { .host = "127.0.0.1", .protocol = 3 }, { .host = "127.0.0.1", .protocol = -1 }, { .host = "127.0.0.1", .family = 5 },
        { .host = "127.0.0.1", .timeout_ms = -1 }, { .host = "127.0.0.1", .timeout_ms = 60001 },
    };
    struct utc_query other_family = { .host = "127.0.0.1", .family = UTC_IPV6 };
    struct utc_answer a;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(utc_query(&rows[i], &a), -UE_RANGE);
    assert_int_equal(utc_query(&other_family, &a), -UE_NO_NAME);
}

/* ---- TIME and DAYTIME ---- */

static void answer_time(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    uint32_t seconds = htonl((uint32_t)(server_now().ns / NS_PER_S + NTP_UNIX_EPOCH_S));

    (void)request;
    sendto(fd, &seconds, sizeof seconds, 0, (const struct sockaddr *)to, sizeof *to);
}

static void answer_time_short(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    (void)request;
    sendto(fd, "abc", 3, 0, (const struct sockaddr *)to, sizeof *to);
}

static void answer_time_short_and_well(int fd, const uint8_t *request, const struct sockaddr_in *to)
{
    answer_time_short(fd, request, to);
    answer_time(fd, request, to);
}

static void time_is_read_to_the_second(void **state)
{
    struct utc_answer a;

    (void)state;
    assert_int_equal(ask(UTC_TIME, LONG_MS, answer_time, &a), 0);
    assert_int_equal(a.outcome, UTC_ANSWERED);
    assert_true(llabs(a.offset_ns - OFFSET_S * NS_PER_S) <= a.error_ns);
    assert_int_equal(a.error_ns, NS_PER_S / 2 + a.delay_ns / 2);
    assert_int_equal(a.stratum, -1);
    assert_int_equal(ask(UTC_TIME, LONG_MS, answer_time_short_and_well, &a), 0);
    assert_int_equal(a.outcome, UTC_ANSWERED);
    assert_int_equal(ask(UTC_TIME, SHORT_MS, answer_time_short, &a), 0);
    assert_int_equal(a.outcome, UTC_REFUSED_ANSWER);
}

struct line_server { int fd; const char *line; };

static void *say_line(void *arg)
{
    const struct line_server *s = arg;
    int fd = accept(s->fd, NULL, NULL);

    if (fd >= 0) {
        for (const char *c = s->line; *c; c++) {
            assert_int_equal(write(fd, c, 1), 1);
            if (c[1] && c < s->line + 3) /* a few pieces that come one by one */
                nanosleep(&(struct timespec){ 0, 5 * NS_PER_MS }, NULL);
        }
        close(fd);
    }
    return NULL;
}

static int ask_daytime(const char *line, struct utc_answer *out)
{
    struct utc_query q = { .host = "127.0.0.1", .protocol = UTC_DAYTIME, .timeout_ms = LONG_MS };
    struct line_server s = { .line = line };
    pthread_t thread;
    int err;

    s.fd = bound(SOCK_STREAM, &q.port);
    assert_int_equal(listen(s.fd, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, say_line, &s), 0);
    err = utc_query(&q, out);
    pthread_join(thread, NULL);
    close(s.fd);
    return err;
}

static void daytime_is_read_or_shown(void **state)
{
    struct utc_answer a;

    (void)state;
    assert_int_equal(ask_daytime("Monday, November 23, 2026 01:02:03-UTC\r\n", &a), 0);
    assert_int_equal(a.outcome, UTC_ANSWERED);
    assert_int_equal(a.server_ns / NS_PER_S, 1795395723);
    assert_string_equal(a.text, "Monday, November 23, 2026 01:02:03-UTC");
    assert_int_equal(ask_daytime("Mon Nov 23 \x1b[1m01:02:03 2026\r\n", &a), 0);
    assert_int_equal(a.outcome, UTC_NO_TIME);
    assert_string_equal(a.text, "Mon Nov 23 \\x1b[1m01:02:03 2026");
    assert_int_equal(ask_daytime("", &a), 0);
    assert_int_equal(a.outcome, UTC_NO_TIME);
    assert_non_null(strstr(a.reason, "no time to give"));
}

static void only_utc_and_real_dates_are_read(void **state)
{
    static const char *const bad[] = {
        "", "Monday", "Monday, November 23, 2026 01:02:03-PST", "Monday, Nove 23, 2026 01:02:03-UTC", "Monday, February 30, 2026 01:02:03-UTC",
        "Monday, November 23, 2026 24:00:00-UTC", "Monday, November 23, 2026 01:02:60-UTC", "Monday, November 99999999999, 2026 01:02:03-UTC",
    };
    struct utc_ns t;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (query_daytime_parse((struct span){ (const uint8_t *)bad[i], strlen(bad[i]) }, &t) == 0)
            fail_msg("%s", bad[i]);
}

/* Of a line only what may be in it is looked at, and what follows the zone is nobody's. */
static void a_longer_line_is_cut(void **state)
{
    char line[3 * DAYTIME_MAX] = "Monday, November 23, 2026 01:02:03-UTC";
    struct utc_ns t;

    (void)state;
    memset(line + strlen(line), ' ', sizeof line - strlen(line));
    for (size_t len = 38; len <= sizeof line; len++)
        assert_int_equal(query_daytime_parse((struct span){ (const uint8_t *)line, len }, &t), 0);
    for (size_t len = 0; len < 38; len++)
        assert_int_equal(query_daytime_parse((struct span){ (const uint8_t *)line, len }, &t), -UE_SYNTAX);
    for (int wide = 27; wide <= 28; wide++) { /* any number of blanks is one: the zone ends with the last byte, and one behind it */
        snprintf(line, sizeof line, "Monday,%*s 23, 2026 01:02:03-UTC", 7 + wide, "November");
        assert_int_equal(strlen(line), DAYTIME_MAX - 28 + wide);
        assert_int_equal(query_daytime_parse((struct span){ (const uint8_t *)line, sizeof line }, &t), wide == 27 ? 0 : -UE_SYNTAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_answer_gives_the_offset),         cmocka_unit_test(forgeries_before_the_answer_do_no_harm),
        cmocka_unit_test(answers_that_are_not_taken_say_why),     cmocka_unit_test(a_kiss_is_told_in_words),
        cmocka_unit_test(silence_and_refusal_are_errors),         cmocka_unit_test(questions_that_make_no_sense_are_refused),
        cmocka_unit_test(a_link_local_address_needs_an_interface_that_is_there),
        cmocka_unit_test(PROC_07_without_random_numbers_nothing_is_asked),
        cmocka_unit_test(time_is_read_to_the_second),             cmocka_unit_test(daytime_is_read_or_shown),
        cmocka_unit_test(only_utc_and_real_dates_are_read), cmocka_unit_test(a_longer_line_is_cut),
    };

    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
