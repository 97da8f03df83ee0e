/* The way between core and the page's program: made anew when it was ended, and when it could not be made, as soon as that program is started again. */
#include "base/test.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/admin_role.h"

static bool full;

int __real_socketpair(int domain, int type, int protocol, int fd[2]);
int __wrap_socketpair(int domain, int type, int protocol, int fd[2]);

int __wrap_socketpair(int domain, int type, int protocol, int fd[2])
{
    if (!full)
        return __real_socketpair(domain, type, protocol, fd);
    errno = ENFILE;
    return -1;
}

static void a_way_that_could_not_be_made_is_tried_again(void **state)
{
    struct mono_ns now = { 1000 * NS_PER_S };
    struct admin_role a = { .shared_fd = -1 };
    int fd[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd), 0);
    a.core_end = fd[0];
    a.own_end = fd[1];
    assert_false(admin_role_renew(&a, now)); /* nothing is wrong with it */
    shutdown(fd[1], SHUT_RDWR);
    full = true;
    assert_false(admin_role_renew(&a, now)); /* core need not end for it */
    assert_true(a.core_end < 0 && a.own_end < 0);
    full = false;
    now.ns += NS_PER_S;
    assert_true(admin_role_renew(&a, now));
    assert_true(a.core_end >= 0 && a.own_end >= 0);
    now.ns += NS_PER_S;
    assert_false(admin_role_renew(&a, now));
    shutdown(a.own_end, SHUT_RDWR);
    assert_false(admin_role_renew(&a, now)); /* who ends it again has to wait */
    close(a.own_end);
    close(a.core_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_way_that_could_not_be_made_is_tried_again) };

    return cmocka_run_group_tests_name("admin role", tests, NULL, NULL);
}
