/* Where a card's stamp lands among our instants, and when the kernel's is believed instead. */
#include "base/test.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <linux/ptp_clock.h>

#include "daemon/hardware.h"
#include "host/clock.h"

int __wrap_ioctl(int fd, unsigned long request, ...);
const char *__wrap_nic_stamps_on(const char *name, struct nic *out);
int __wrap_phc_open(struct phc *p, int index);

#define AHEAD_NS (INT64_C(1893456037) * NS_PER_S)

static int64_t raw_ns;      /* what the card's clock, AHEAD_NS before ours, is read at */
static bool broken;

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    struct ptp_sys_offset_precise *o;
    va_list ap;

    va_start(ap, request);
    o = va_arg(ap, struct ptp_sys_offset_precise *);
    va_end(ap);
    (void)fd;
    if (broken || request != PTP_SYS_OFFSET_PRECISE)
        return -1;
    o->sys_monoraw = (struct ptp_clock_time){ raw_ns / NS_PER_S, (uint32_t)(raw_ns % NS_PER_S), 0 };
    o->device = (struct ptp_clock_time){ (raw_ns + AHEAD_NS) / NS_PER_S, (uint32_t)((raw_ns + AHEAD_NS) % NS_PER_S), 0 };
    return 0;
}

const char *__wrap_nic_stamps_on(const char *name, struct nic *out)
{
    *out = (struct nic){ .ifindex = name[3] == '0' ? 4 : 7, .phc_index = 2, .link_mbps = 1000 };
    return name[0] == 'e' ? NULL : "the driver offers no hardware receive stamps";
}

int __wrap_phc_open(struct phc *p, int index)
{
    assert_int_equal(index, 2);
    *p = (struct phc){ -1, 0 };
    return 0;
}

static struct hardware hardware;
static struct hardware_lines lines;

static void start(void)
{
    static const struct option_texts names = { 3, { { "wlan0" }, { "eth0" }, { "eth1" } } };

    memset(&lines, 0, sizeof lines);
    broken = false;
    hardware_start(&hardware, &names, &lines);
    for (int i = 0; i < 4; i++) {
        raw_ns = (100 + i) * NS_PER_S;
        hardware_read_all(&hardware, (struct mono_ns){ raw_ns });
    }
}

/* The card 4 stamped at raw; the kernel says `later`. */
static bool place(int64_t raw, int64_t later, enum hardware_way way, struct mono_ns *at)
{
    struct io_hardware_stamp s = { raw + AHEAD_NS, 4, 90 };
    struct dur_ns error;

    return hardware_place(&lines, &s, way, (struct mono_ns){ later }, at, &error);
}

static void a_stamp_lands_where_its_clock_says(void **state)
{
    struct mono_ns at = { 0 };
    int64_t t = 103 * NS_PER_S + 123456;

    (void)state;
    start();
    assert_true(place(t, t + 5000, HARDWARE_LEFT, &at));
    assert_in_range(at.ns, t - 1, t + 1);
    assert_true(place(t, t + 5000, HARDWARE_ARRIVED, &at));
    assert_in_range(at.ns, t + 752 - 1, t + 752 + 1); /* the last of 94 bytes, check sequence included, at 8 ns each */
}

static void a_stamp_that_makes_no_sense_is_left_alone(void **state)
{
    static const struct { int64_t before_ns; bool sense; } rows[] = {
        { 0, true }, { -50000, true }, { -150000, false }, { 10 * NS_PER_MS, true }, { 30 * NS_PER_MS, false }, { -37 * NS_PER_S, false },
    };
    struct mono_ns at = { 42 };
    int64_t t = 103 * NS_PER_S;

    (void)state;
    start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        at.ns = 42;
        assert_int_equal(place(t, t + rows[i].before_ns, HARDWARE_LEFT, &at), rows[i].sense);
        assert_true(rows[i].sense || at.ns == 42);
    }
}

static void other_cards_and_no_stamp_have_no_line(void **state)
{
    static const struct io_hardware_stamp none[] = { { 0, 4, 0 }, { 103 * NS_PER_S + AHEAD_NS, 0, 0 }, { 103 * NS_PER_S + AHEAD_NS, 5, 0 } };
    struct hardware_lines empty = { 0 };
    struct mono_ns by = { 103 * NS_PER_S }, at = { 42 };
    struct dur_ns error;

    (void)state;
    start();
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(hardware_place(&lines, &none[i], HARDWARE_LEFT, by, &at, &error));
    assert_false(hardware_place(&empty, &(struct io_hardware_stamp){ by.ns + AHEAD_NS, 4, 0 }, HARDWARE_LEFT, by, &at, &error));
    assert_int_equal(at.ns, 42);
}

static void an_arrival_becomes_the_cards(void **state)
{
    int64_t t = 103 * NS_PER_S;
    struct io_datagram d = { .from = { .family = ADDR_IPV4 }, .rx = { t + 3000 }, .stamp = STAMP_KERNEL, .len = 48, .hardware = { t + AHEAD_NS, 7, 0 } };
    struct dur_ns error = { 0 };

    (void)state;
    start();
    hardware_arrival(&lines, &d, &error);
    assert_int_equal(d.stamp, STAMP_HARDWARE);
    assert_in_range(d.rx.ns, t + 752 - 1, t + 752 + 1); /* 48 bytes and 42 of headers */
    assert_true(error.ns > 0);
    d.stamp = STAMP_KERNEL;
    d.hardware.ifindex = 9;
    hardware_arrival(&lines, &d, &error);
    assert_int_equal(d.stamp, STAMP_KERNEL);
}

static void a_clock_that_can_no_longer_be_read_places_nothing(void **state)
{
    static struct snapshot s;
    struct mono_ns at;
    int64_t t = 103 * NS_PER_S;

    (void)state;
    start();
    broken = true;
    hardware_read_all(&hardware, (struct mono_ns){ t + NS_PER_S });
    assert_false(place(t, t, HARDWARE_LEFT, &at));
    hardware_picture(&hardware, &s);
    assert_false(s.card[1].on);
    assert_non_null(strstr(s.card[1].text, "cannot be read"));
    broken = false;
    hardware_read_all(&hardware, (struct mono_ns){ t + 2 * NS_PER_S });
    assert_true(place(t, t, HARDWARE_LEFT, &at));
}

static void a_stamp_has_its_clock_read_but_not_twice_in_a_moment(void **state)
{
    struct io_hardware_stamp s = { AHEAD_NS, 4, 0 };
    uint32_t before;

    (void)state;
    start();
    before = lines.card[1].generation;
    raw_ns += 500 * NS_PER_MS;
    hardware_refresh(&hardware, &s, (struct mono_ns){ raw_ns });
    hardware_refresh(&hardware, &s, (struct mono_ns){ raw_ns + NS_PER_MS });
    assert_int_equal(lines.card[1].generation, before + 1);
    assert_int_equal(lines.card[2].generation, 4); /* another card's clock */
}

static void each_card_tells_what_it_does(void **state)
{
    static struct snapshot s;

    (void)state;
    start();
    hardware_picture(&hardware, &s);
    assert_int_equal(s.card_count, 3);
    assert_string_equal(s.card[0].name, "wlan0");
    assert_string_equal(s.card[0].text, "the driver offers no hardware receive stamps");
    assert_false(s.card[0].on);
    assert_true(s.card[1].on);
    assert_non_null(strstr(s.card[1].text, "/dev/ptp2"));
}

static void no_card_is_no_work(void **state)
{
    static const struct option_texts none;

    (void)state;
    hardware_start(&hardware, &none, &lines);
    assert_false(hardware_on(&hardware));
    assert_null(hardware_lines_used(&hardware));
    assert_true(hardware.next.ns == MONO_NEVER.ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stamp_lands_where_its_clock_says),
        cmocka_unit_test(a_stamp_that_makes_no_sense_is_left_alone),
        cmocka_unit_test(other_cards_and_no_stamp_have_no_line),
        cmocka_unit_test(an_arrival_becomes_the_cards),
        cmocka_unit_test(a_clock_that_can_no_longer_be_read_places_nothing),
        cmocka_unit_test(a_stamp_has_its_clock_read_but_not_twice_in_a_moment),
        cmocka_unit_test(each_card_tells_what_it_does),
        cmocka_unit_test(no_card_is_no_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
