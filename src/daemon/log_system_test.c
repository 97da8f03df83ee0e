/* Lines to the system's syslog: in its form, to whoever listens there now, and never waited for. */
#include "base/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log_system.h"

static char folder[] = "/tmp/log_system_test.XXXXXX", path[64];
static struct log_system s;
static const struct utc_ns at = { INT64_C(1798761600) * NS_PER_S };

static int listener(int type)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    unlink(path);
    strcpy(a.sun_path, path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 5), 0);
    return fd;
}

static const char *heard(int fd)
{
    static char text[512];
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void a_line_is_as_syslog_writes_it(void **state)
{
    char expected[128];
    int fd = listener(SOCK_DGRAM);

    (void)state;
    log_system_start(&s, path);
    log_system_say(&s, 4, "words", at);
    snprintf(expected, sizeof expected, "<28>Jan  1 00:00:00 simple-utcd[%ld]: words", (long)getpid());
    assert_string_equal(heard(fd), expected);
    close(fd);
    close(s.fd);
}

/* alarm() ends a test that waits. */
static void who_does_not_read_holds_nobody_up(void **state)
{
    int fd = listener(SOCK_DGRAM);

    (void)state;
    log_system_start(&s, path);
    alarm(10);
    for (int i = 0; i < 2000; i++)
        log_system_say(&s, 6, "words", at);
    alarm(0);
    while (heard(fd)[0])
        ;
    log_system_say(&s, 6, "again", at);
    assert_non_null(strstr(heard(fd), "again"));
    close(fd);
    close(s.fd);
}

static void who_is_started_anew_is_told_the_next_line(void **state)
{
    int fd = listener(SOCK_DGRAM);

    (void)state;
    log_system_start(&s, path);
    log_system_say(&s, 6, "one", at);
    close(fd);
    log_system_say(&s, 6, "nobody is there", at);
    fd = listener(SOCK_DGRAM);
    log_system_say(&s, 6, "two", at);
    assert_non_null(strstr(heard(fd), "two"));
    close(fd);
    fd = listener(SOCK_DGRAM); /* in the same moment: the old one is still connected to */
    log_system_say(&s, 6, "three", at);
    assert_non_null(strstr(heard(fd), "three"));
    close(fd);
    close(s.fd);
}

static void a_stream_gets_whole_lines(void **state)
{
    int fd = listener(SOCK_STREAM), connection;
    char text[512];
    ssize_t n;

    (void)state;
    log_system_start(&s, path);
    alarm(10);
    for (int i = 0; i < 20000; i++)
        log_system_say(&s, 6, "words", at);
    alarm(0);
    connection = accept(fd, NULL, NULL);
    n = recv(connection, text, sizeof text - 1, 0);
    assert_true(n > 0);
    text[n] = '\0';
    assert_true(strlen(text) < (size_t)n && strstr(text, ": words"));
    close(connection);
    close(fd);
    close(s.fd);
}

static int start(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_as_syslog_writes_it), cmocka_unit_test(who_does_not_read_holds_nobody_up),
        cmocka_unit_test(who_is_started_anew_is_told_the_next_line), cmocka_unit_test(a_stream_gets_whole_lines),
    };

    return cmocka_run_group_tests_name("log system", tests, start, end);
}
