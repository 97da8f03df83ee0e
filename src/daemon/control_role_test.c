/* The pair between core and admin: nothing but the end of its other end closes it. */
#include "base/test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/control_role.h"

static struct loop loop;
static struct core core;
static struct control_role role;
static int refusal;             /* what the next send fails with; 0: it goes out */

void __wrap_core_snapshot(const struct core *c, struct snapshot *out);
ssize_t __real_send(int fd, const void *bytes, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags);

void __wrap_core_snapshot(const struct core *c, struct snapshot *out)
{
    assert_ptr_equal(c, &core);
    memset(out, 0, sizeof *out);
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
    if (!refusal)
        return __real_send(fd, bytes, len, flags);
    errno = refusal;
    refusal = 0;
    return -1;
}

int __wrap_io_unix_accept(int listener);

/* The system has no descriptor left. */
static unsigned refused;

int __wrap_io_unix_accept(int listener)
{
    (void)listener;
    refused++;
    return -UE_FULL;
}

/* -- one side of it ---------------------------------------------------------------------------------------------------- */

static void on_signal(void *ctx, int number, struct mono_ns now)
{
    (void)ctx;
    (void)number;
    (void)now;
}

static struct mono_ns at_once(void *ctx)
{
    (void)ctx;
    return (struct mono_ns){ 0 };
}

static void stop(void *ctx, struct mono_ns now)
{
    (void)ctx;
    (void)now;
    loop_stop(&loop);
}

static void run_one_round(void)
{
    loop.stopped = false;
    loop_run(&loop);
}

/* Returns our end. */
static int adopted(void)
{
    int fd[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
    assert_int_equal(loop_init(&loop, false, on_signal, NULL), 0);
    control_role_start(&role, &loop, -1, &core);
    control_role_adopt(&role, fd[0]);
    loop_add_part(&loop, &(struct loop_part){ NULL, at_once, stop });
    refusal = 0;
    return fd[1];
}

static void say(int fd, const void *bytes, size_t len)
{
    assert_int_equal(__real_send(fd, bytes, len, 0), (ssize_t)len);
    run_one_round();
}

static bool is_answered(int fd)
{
    static uint8_t bytes[CONTROL_ANSWER_MAX];
    static struct snapshot got;
    const struct control_request all = { .version = CONTROL_VERSION, .verb = CONTROL_VERB_SNAPSHOT, .sections = CONTROL_SECTIONS_ALL };
    uint8_t frame[CONTROL_REQUEST_MAX];
    enum control_result result;
    ssize_t n;

    say(fd, frame, control_request_write(&all, frame, sizeof frame));
    n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    return n > 0 && control_answer_read((struct span){ bytes, (size_t)n }, &result, &got) == 0 && result == CONTROL_OK;
}

static void hang_up(int fd)
{
    close(fd);
    run_one_round();
    assert_int_equal(role.open, 0);
}

/* -- tests --------------------------------------------------------------------------------------------------------------- */

static void an_answer_that_cannot_be_sent_costs_that_answer(void **state)
{
    static const int refusals[] = { ENOBUFS, ENOMEM, EPERM };
    int fd = adopted();

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        assert_true(is_answered(fd));
        refusal = refusals[i];
        assert_false(is_answered(fd));
    }
    assert_true(is_answered(fd));
    hang_up(fd);
}

static void nonsense_costs_what_was_said(void **state)
{
    static const struct { const char *bytes; size_t len; } said[] = { { "", 0 }, { "GET / HTTP/1.1", 14 }, { "UTC", 3 } };
    int fd = adopted();

    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        say(fd, said[i].bytes, said[i].len);
        is_answered(fd); /* half a frame takes the next one along */
        assert_true(is_answered(fd));
    }
    hang_up(fd);
}

/* As if it had ended: else core would be told of it for ever, and had nothing else to do. */
static void PROC_09_half_an_end_is_an_end(void **state)
{
    int fd = adopted();

    (void)state;
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    run_one_round();
    assert_int_equal(role.open, 0);
    close(fd);
}

/* Somebody waits all the time: core has other things to do. */
static void who_cannot_be_taken_in_does_not_keep_it_busy(void **state)
{
    int fd[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_int_equal(write(fd[1], "", 1), 1);
    assert_int_equal(loop_init(&loop, false, on_signal, NULL), 0);
    control_role_start(&role, &loop, fd[0], &core);
    loop_add_part(&loop, &(struct loop_part){ NULL, at_once, stop });
    for (int i = 0; i < 100; i++)
        run_one_round();
    assert_in_range(refused, 1, 5); /* a slow machine may take a tenth of a second for them */
    usleep(150000);
    refused = 0;
    for (int i = 0; i < 3; i++)
        run_one_round();
    assert_int_equal(refused, 1);
    close(fd[0]);
    close(fd[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_cannot_be_sent_costs_that_answer),
        cmocka_unit_test(nonsense_costs_what_was_said),
        cmocka_unit_test(PROC_09_half_an_end_is_an_end),
        cmocka_unit_test(who_cannot_be_taken_in_does_not_keep_it_busy),
    };

    return cmocka_run_group_tests_name("daemon/control_role", tests, NULL, NULL);
}
