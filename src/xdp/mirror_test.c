/* The page's lines as pieces of straight ones, and the places where listeners meet addresses. */
#include "xdp/fixture.h"

static const struct serve_options options;

static struct mono_ns make(const struct page_data *page, struct xdp_moment *out)
{
    const struct xdp_clocks clocks = fixture_clocks();

    return xdp_moment_make(&options, page, &clocks, out);
}

/* At 1000 instants of the moment: served time to a few nanoseconds, dispersion never below the page's and at most 1 us above. */
static void assert_follows(const struct page_data *page, const struct xdp_moment *m)
{
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t age_ns = m->valid_ns * i / 1000;
        struct clock_view v;
        int64_t off;

        page_view(page, fixture_raw(m->from_ns + age_ns), &v);
        off = (int64_t)(xdp_utc(m, age_ns).raw - ntp_ts64_from_utc(v.utc).raw);
        assert_in_range(off + 16, 0, 32);
        assert_true(xdp_dispersion(m, age_ns) >= ntp_short32_from_dur_up(v.root_dispersion).raw);
        assert_true(xdp_dispersion(m, age_ns) <= ntp_short32_from_dur_up((struct dur_ns){ v.root_dispersion.ns + NS_PER_US }).raw);
        assert_int_equal(m->ntp.bytes[0], (uint8_t)(v.leap << 6));
    }
}

static void a_moment_follows_the_page(void **state)
{
    struct page_data page = fixture_page();
    struct xdp_moment m;

    (void)state;
    assert_int_equal(make(&page, &m).ns, START_NS + XDP_MOMENT_MAX_NS);
    assert_int_equal(m.from_ns, START_NS + BOOT_AHEAD_NS);
    assert_true(m.valid_ns <= XDP_MOMENT_MAX_NS && m.valid_ns > XDP_MOMENT_MAX_NS - NS_PER_MS);
    assert_follows(&page, &m);
}

static void a_slew_is_another_line(void **state)
{
    static const int64_t slew_us[] = { 500, -500 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct page_data page = fixture_page();
        struct xdp_moment m;

        page.slew = (struct dur_ns){ slew_us[i] * NS_PER_US };
        page.slew_end = (struct mono_ns){ START_NS + NS_PER_S / 2 };
        assert_int_equal(make(&page, &m).ns, page.slew_end.ns);
        assert_follows(&page, &m);
    }
}

static void a_change_of_status_ends_a_moment(void **state)
{
    struct page_data page = fixture_page();
    struct xdp_moment m;

    (void)state;
    page.free_running_at = (struct mono_ns){ START_NS + 300 * NS_PER_MS };
    assert_int_equal(make(&page, &m).ns, page.free_running_at.ns);
    assert_follows(&page, &m);
    page.free_running_at = (struct mono_ns){ START_NS - 1 };
    assert_int_equal(make(&page, &m).ns, START_NS + XDP_MOMENT_MAX_NS);
    assert_int_equal(m.ntp.bytes[0], LEAP_UNKNOWN << 6);
    assert_false(m.is_usable);
}

static void no_moment_holds_a_leap_second(void **state)
{
    static const int delta[] = { 1, -1 };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct page_data page = fixture_page();
        struct clock_view v;
        struct xdp_moment m;
        struct mono_ns end;

        page_view(&page, (struct mono_ns){ START_NS + 400 * NS_PER_MS }, &v);
        page.leap_at = v.tai;
        page.leap_delta_s = delta[i];
        page.leap = delta[i] > 0 ? LEAP_INSERT : LEAP_DELETE;
        end = make(&page, &m);
        assert_in_range(end.ns, START_NS + 300 * NS_PER_MS, START_NS + 400 * NS_PER_MS - 1);
        assert_follows(&page, &m);
        page.late.ns += 200 * NS_PER_MS;
        end = make(&page, &m);
        assert_in_range(end.ns, START_NS + 150 * NS_PER_MS, START_NS + 200 * NS_PER_MS - 1);
        assert_follows(&page, &m);
        page.late.ns += 300 * NS_PER_MS; /* true time may be past it */
        assert_in_range(make(&page, &m).ns, START_NS + 1, START_NS + NS_PER_MS);
        assert_int_equal(m.valid_ns, 0);
    }
}

static void a_moment_too_short_or_too_uncertain_says_nothing(void **state)
{
    struct page_data page = fixture_page();
    struct xdp_moment m;

    (void)state;
    page.free_running_at = (struct mono_ns){ START_NS + 1000 };
    make(&page, &m);
    assert_int_equal(m.valid_ns, 0);
    page = fixture_page();
    page.early = (struct dur_ns){ 40000 * NS_PER_S };
    make(&page, &m);
    assert_int_equal(m.valid_ns, 0);
}

static void each_moment_has_a_copy_of_its_own(void **state)
{
    struct xdp_mirror mirror = { 0 };

    (void)state;
    for (uint32_t i = 1; i <= 9; i++) {
        xdp_moment_publish(&mirror, &(struct xdp_moment){ .from_ns = i });
        assert_int_equal(mirror.generation, i);
        assert_int_equal(mirror.moment[i % XDP_MOMENTS].from_ns, i);
        assert_int_equal(mirror.moment[(i - 1) % XDP_MOMENTS].from_ns, i - 1);
    }
}

static unsigned count_places(const struct xdp_mirror *m)
{
    unsigned n = 0;

    while (n < XDP_PLACES_MAX && m->place[n].ifindex)
        n++;
    return n;
}

static void places_are_where_listeners_meet_addresses(void **state)
{
    const struct local_addr local[] = { { server4, 5, { 1 } }, { client4, 6, { 2 } }, { server6, 5, { 1 } } };
    const struct net_addr every4 = { .family = ADDR_IPV4, .port = 123 };
    struct xdp_mirror m = { 0 };
    const struct xdp_listener listener[] = {
        { .at = every4, .service = SERVICE_NTP },
        { .at = server4, .service = SERVICE_NTP, .list = 3 },
        { .at = server6, .service = SERVICE_TIME },
        { .at = every4, .service = SERVICE_DAYTIME },
    };

    (void)state;
    assert_int_equal(xdp_places_publish(&m, listener, 4, local, 3), 0);
    assert_int_equal(count_places(&m), 4);
    assert_int_equal(m.place[0].list, 3); /* one address alone comes first */
    assert_int_equal(m.place[1].service, SERVICE_TIME);
    assert_int_equal(m.place[2].ifindex, 5);
    assert_int_equal(m.place[3].ifindex, 6);
    assert_int_equal(xdp_places_publish(&m, listener, 4, local, 1), 0); /* addresses went */
    assert_int_equal(count_places(&m), 2);
}

static void a_listener_of_one_interface_comes_first(void **state)
{
    const struct local_addr local[] = { { server4, 5, { 1 } }, { client4, 6, { 2 } } };
    const struct net_addr every4 = { .family = ADDR_IPV4, .port = 123 };
    const struct xdp_listener listener[] = { { .at = every4, .list = 1 }, { .at = every4, .ifindex = 6, .list = 2 } };
    struct xdp_mirror m = { 0 };

    (void)state;
    assert_int_equal(xdp_places_publish(&m, listener, 2, local, 2), 0);
    assert_int_equal(count_places(&m), 3);
    assert_true(m.place[0].ifindex == 6 && m.place[0].list == 2);
    assert_true(m.place[1].list == 1 && m.place[2].list == 1);
}

static void more_places_than_there_is_room_for(void **state)
{
    struct local_addr local[XDP_PLACES_MAX + 3];
    const struct xdp_listener every4 = { { .family = ADDR_IPV4, .port = 123 }, .service = SERVICE_NTP };
    struct xdp_mirror m = { 0 };

    (void)state;
    for (unsigned i = 0; i < XDP_PLACES_MAX + 3; i++) {
        local[i] = (struct local_addr){ server4, 5, { 1 } };
        local[i].addr.bytes[3] = (uint8_t)i;
    }
    assert_int_equal(xdp_places_publish(&m, &every4, 1, local, XDP_PLACES_MAX + 3), 3);
    assert_int_equal(count_places(&m), XDP_PLACES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_follows_the_page),
        cmocka_unit_test(a_slew_is_another_line),
        cmocka_unit_test(a_change_of_status_ends_a_moment),
        cmocka_unit_test(no_moment_holds_a_leap_second),
        cmocka_unit_test(a_moment_too_short_or_too_uncertain_says_nothing),
        cmocka_unit_test(each_moment_has_a_copy_of_its_own),
        cmocka_unit_test(places_are_where_listeners_meet_addresses),
        cmocka_unit_test(a_listener_of_one_interface_comes_first),
        cmocka_unit_test(more_places_than_there_is_room_for),
    };

    return cmocka_run_group_tests_name("xdp mirror", tests, NULL, NULL);
}
