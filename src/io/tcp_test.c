/* One sentence per connection; slow, silent and rude clients are cut and cost nobody else anything. */
#include "base/test.h"

#include <poll.h>
#include <unistd.h>

#include "base/err.h"
#include "io/socket.h"
#include "io/stamp.h"
#include "io/tcp.h"

static int listener;
static union io_sockaddr where;
static struct tcp_table table;

static int start(void **state)
{
    struct net_addr at;
    socklen_t len = sizeof where;

    (void)state;
    assert_int_equal(addr_from_text("127.0.0.1", 0, &at), 0);
    listener = io_tcp_listen(&at, "");
    assert_true(listener >= 0);
    assert_int_equal(getsockname(listener, &where.any, &len), 0);
    io_tcp_init(&table);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    io_tcp_expire(&table, MONO_NEVER);
    close(listener);
    return 0;
}

static int connect_client(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, &where.any, sizeof where.v4), 0);
    return fd;
}

static int connect_speaker(void)
{
    int fd = connect_client();

    assert_int_equal(send(fd, "noise", 5, 0), 5);
    return fd;
}

static int accept_one(void)
{
    struct pollfd p = { listener, POLLIN, 0 };
    struct net_addr from;
    int fd;

    assert_int_equal(poll(&p, 1, 1000), 1);
    fd = io_tcp_accept(listener, &from, SOCK_NONBLOCK);
    assert_true(fd > 0);
    assert_true(addr_is_loopback(&from) && from.port != 0);
    return fd;
}

static void assert_answer_and_end(int client)
{
    char buf[8];

    assert_int_equal(recv(client, buf, 4, MSG_WAITALL), 4);
    assert_memory_equal(buf, "1234", 4);
    assert_int_equal(recv(client, buf, sizeof buf, 0), 0);
}

static void a_client_gets_the_answer_and_an_end(void **state)
{
    int client = connect_client();

    (void)state;
    assert_false(io_tcp_say(&table, accept_one(), "1234", 4, io_raw_now()));
    assert_answer_and_end(client);
    assert_int_equal(table.count, 0);
    close(client);
}

static void a_client_that_spoke_is_kept_to_its_end(void **state)
{
    int client = connect_speaker(); /* its unread bytes must not cost it the answer */

    (void)state;
    assert_true(io_tcp_say(&table, accept_one(), "1234", 4, io_raw_now()));
    assert_int_equal(send(client, "more", 4, MSG_NOSIGNAL), 4);
    assert_answer_and_end(client);
    assert_int_equal(table.count, 1);
    close(client);
    while (!io_tcp_drain(&table, table.item[0].fd))
        ;
    assert_int_equal(table.count, 0);
}

static void a_client_that_stays_is_cut_at_its_deadline(void **state)
{
    struct mono_ns now = { 1000 }, due = mono_add(now, dur_from_ms(TCP_LINGER_MS));
    int client = connect_speaker();

    (void)state;
    io_tcp_say(&table, accept_one(), "", 0, now);
    assert_true(io_tcp_expire(&table, (struct mono_ns){ due.ns - 1 }).ns == due.ns);
    assert_int_equal(table.count, 1);
    assert_true(io_tcp_expire(&table, due).ns == MONO_NEVER.ns);
    assert_int_equal(table.count, 0);
    close(client);
}

static void a_full_table_cuts_the_oldest(void **state)
{
    int client[TCP_CONNECTIONS_MAX + 1];
    char buf[4];

    (void)state;
    for (int i = 0; i <= TCP_CONNECTIONS_MAX; i++) {
        client[i] = connect_speaker();
        io_tcp_say(&table, accept_one(), "now", 3, (struct mono_ns){ i });
    }
    assert_int_equal(table.count, TCP_CONNECTIONS_MAX);
    assert_int_equal(recv(client[TCP_CONNECTIONS_MAX], buf, 3, MSG_WAITALL), 3);
    for (int i = 0; i <= TCP_CONNECTIONS_MAX; i++)
        close(client[i]);
}

/* TD-05 */
static void a_client_that_resets_raises_no_signal(void **state)
{
    struct linger hard = { 1, 0 };
    int client = connect_speaker(), fd;

    (void)state;
    fd = accept_one();
    setsockopt(client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(client);
    io_tcp_say(&table, fd, "1234", 4, (struct mono_ns){ 0 });
    io_tcp_say(&table, dup(fd), "1234", 4, (struct mono_ns){ 0 });
    assert_true(io_tcp_drain(&table, fd));
}

static void nobody_waiting_is_no_error(void **state)
{
    (void)state;
    assert_int_equal(io_tcp_accept(listener, &(struct net_addr){ 0 }, 0), 0);
    assert_int_equal(io_tcp_accept(-1, &(struct net_addr){ 0 }, 0), -UE_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_client_gets_the_answer_and_an_end, start, stop),
        cmocka_unit_test_setup_teardown(a_client_that_spoke_is_kept_to_its_end, start, stop),
        cmocka_unit_test_setup_teardown(a_client_that_stays_is_cut_at_its_deadline, start, stop),
        cmocka_unit_test_setup_teardown(a_full_table_cuts_the_oldest, start, stop),
        cmocka_unit_test_setup_teardown(a_client_that_resets_raises_no_signal, start, stop),
        cmocka_unit_test_setup_teardown(nobody_waiting_is_no_error, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
