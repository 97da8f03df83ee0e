/* CTL: a browser that was led here by a name of somebody else's is refused. */
#include "base/test.h"

#include "admin/authority.h"

static const struct option_texts names = { 2, { { "time.example.org" }, { "utc" } } };

static void only_addresses_localhost_and_listed_names_are_ours(void **state)
{
    const struct { const char *host; bool ours; } rows[] = {
        { "127.0.0.1", true }, { "127.0.0.1:8037", true }, { "[::1]:8037", true }, { "192.0.2.7:8037", true }, { "localhost", true },
        { "LOCALHOST:8037", true },
        { "time.example.org", true }, { "Time.Example.Org:80", true }, { "utc:8037", true }, { "evil.example.org", false }, { "time.example.org.evil", false },
        { "evil.time.example.org", false }, { "", false }, { ":8037", false }, { "localhost:80:80", false }, { "localhost:8037/", false }, { "*", false },
        { "localhost.", false }, { "utc:evil", false }, { "localhost@evil", false }, { " localhost", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (authority_is_ours(rows[i].host, &names) != rows[i].ours)
            fail_msg("%s", rows[i].host);
}

static void an_origin_is_a_scheme_and_an_authority_of_ours(void **state)
{
    (void)state;
    assert_true(authority_origin_is_ours("http://localhost:8037", &names));
    assert_true(authority_origin_is_ours("https://time.example.org", &names));
    assert_false(authority_origin_is_ours("http://evil.example.org", &names));
    assert_false(authority_origin_is_ours("null", &names));
    assert_false(authority_origin_is_ours("file://localhost", &names));
    assert_false(authority_origin_is_ours("localhost", &names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_addresses_localhost_and_listed_names_are_ours),
        cmocka_unit_test(an_origin_is_a_scheme_and_an_authority_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
