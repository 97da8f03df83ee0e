/* Switching hardware stamps on, with drivers that this test plays; and for real on the loopback interface, which has none. */
#include "base/test.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "io/nic.h"

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

#define SOFTWARE (SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE)
#define HARDWARE (SOFTWARE | SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_TX_HARDWARE)
#define FILTER(f) (1u << HWTSTAMP_FILTER_##f)

struct driver {
    uint32_t can, filters;
    int32_t phc;
    struct hwtstamp_config now;
    int set_errno;
    bool silent;    /* does not answer ETHTOOL_GET_TS_INFO */
    unsigned times_set;
};

static struct driver *driver; /* NULL: the system's own */

static const struct driver able = { .can = HARDWARE, .filters = FILTER(NONE) | FILTER(ALL), .phc = 3 };

static int ethtool(void *data)
{
    uint32_t command;

    memcpy(&command, data, sizeof command);
    if (command == ETHTOOL_GSET)
        ethtool_cmd_speed_set((struct ethtool_cmd *)data, 2500);
    if (command != ETHTOOL_GET_TS_INFO)
        return 0;
    *(struct ethtool_ts_info *)data = (struct ethtool_ts_info){ .so_timestamping = driver->can, .rx_filters = driver->filters,
                                                                .phc_index = driver->phc };
    return driver->silent ? -1 : 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    struct ifreq *r;
    va_list ap;

    va_start(ap, request);
    r = va_arg(ap, struct ifreq *);
    va_end(ap);
    if (!driver)
        return __real_ioctl(fd, request, r);
    assert_string_equal(r->ifr_name, "eth7");
    errno = EOPNOTSUPP;
    if (request == SIOCGIFINDEX) {
        r->ifr_ifindex = 42;
        return 0;
    }
    if (request == SIOCETHTOOL)
        return ethtool(r->ifr_data);
    if (request == SIOCGHWTSTAMP) {
        *(struct hwtstamp_config *)(void *)r->ifr_data = driver->now;
        return 0;
    }
    assert_int_equal(request, SIOCSHWTSTAMP);
    driver->times_set++;
    driver->now = *(struct hwtstamp_config *)(void *)r->ifr_data;
    errno = driver->set_errno;
    return driver->set_errno ? -1 : 0;
}

static void an_able_driver_is_switched_on(void **state)
{
    struct driver d = able;
    struct nic n;

    (void)state;
    driver = &d;
    assert_null(nic_stamps_on("eth7", &n));
    assert_int_equal(n.ifindex, 42);
    assert_int_equal(n.phc_index, 3);
    assert_int_equal(n.link_mbps, 2500);
    assert_int_equal(d.now.tx_type, HWTSTAMP_TX_ON);
    assert_int_equal(d.now.rx_filter, HWTSTAMP_FILTER_ALL);
    assert_int_equal(d.times_set, 1);
}

static void without_the_filter_for_all_the_one_for_ntp_does(void **state)
{
    struct driver d = able;
    struct nic n;

    (void)state;
    driver = &d;
    d.filters = FILTER(NONE) | FILTER(NTP_ALL) | FILTER(PTP_V2_EVENT);
    assert_null(nic_stamps_on("eth7", &n));
    assert_int_equal(d.now.rx_filter, HWTSTAMP_FILTER_NTP_ALL);
}

static void what_others_set_is_kept_if_it_serves(void **state)
{
    struct driver d = able;
    struct nic n;

    (void)state;
    driver = &d;
    d.now = (struct hwtstamp_config){ 0, HWTSTAMP_TX_ON, HWTSTAMP_FILTER_NTP_ALL };
    assert_null(nic_stamps_on("eth7", &n));
    assert_int_equal(d.times_set, 0);
    d.now.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT; /* of a PTP daemon: ALL gives it what it had */
    assert_null(nic_stamps_on("eth7", &n));
    assert_int_equal(d.times_set, 1);
    assert_int_equal(d.now.rx_filter, HWTSTAMP_FILTER_ALL);
}

static void what_is_missing_is_named(void **state)
{
    static const struct { uint32_t can, filters; int32_t phc; int set_errno; bool silent; const char *word; } rows[] = {
        { SOFTWARE, FILTER(NONE), -1, 0, false, "no hardware receive stamps" },
        { HARDWARE & ~(unsigned)SOF_TIMESTAMPING_RAW_HARDWARE, FILTER(ALL), 0, 0, false, "hand its hardware stamps on" },
        { HARDWARE, FILTER(NONE) | FILTER(PTP_V2_EVENT), 0, 0, false, "PTP packets only" },
        { HARDWARE & ~(unsigned)SOF_TIMESTAMPING_TX_HARDWARE, FILTER(ALL), 0, 0, false, "no hardware transmit stamps" },
        { HARDWARE, FILTER(ALL), -1, 0, false, "no access to the clock" },
        { HARDWARE, FILTER(ALL), 0, EPERM, false, "CAP_NET_ADMIN" },
        { HARDWARE, FILTER(ALL), 0, ERANGE, false, "refuses" },
        { HARDWARE, FILTER(ALL), 0, 0, true, "does not tell" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct driver d = { .can = rows[i].can, .filters = rows[i].filters, .phc = rows[i].phc,
                            .set_errno = rows[i].set_errno, .silent = rows[i].silent };
        struct nic n;
        const char *why;

        driver = &d;
        why = nic_stamps_on("eth7", &n);
        assert_non_null(why);
        assert_non_null(strstr(why, rows[i].word));
    }
}

static void loopback_and_nowhere_say_why_not(void **state)
{
    struct nic n;

    (void)state;
    driver = NULL;
    assert_string_equal(nic_stamps_on("lo", &n), "the driver offers no hardware receive stamps");
    assert_string_equal(nic_stamps_on("no-such-nic0", &n), "there is no such network interface");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_able_driver_is_switched_on),
        cmocka_unit_test(without_the_filter_for_all_the_one_for_ntp_does),
        cmocka_unit_test(what_others_set_is_kept_if_it_serves),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(loopback_and_nowhere_say_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
