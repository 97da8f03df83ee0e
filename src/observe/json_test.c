/* The JSON writer: nesting, escaping, and never a byte past the end. */
#include "observe/json.h"

#include <math.h>
#include <string.h>

#include "base/test.h"

static void values_nest_and_commas_come_by_themselves(void **state)
{
    char out[256];
    struct json j = json_of(out, sizeof out);

    (void)state;
    json_object(&j, NULL);
    json_text(&j, "a", "x");
    json_array(&j, "b");
    json_int(&j, NULL, -1);
    json_object(&j, NULL);
    json_object_end(&j);
    json_count(&j, NULL, UINT64_MAX);
    json_array_end(&j);
    json_bool(&j, "c", true);
    json_double(&j, "d", 0.5);
    json_double(&j, "e", NAN);
    json_null(&j, "f");
    json_object_end(&j);
    assert_int_equal(json_end(&j), 78 - 1);
    assert_string_equal(out, "{\"a\":\"x\",\"b\":[-1,{},18446744073709551615],\"c\":true,\"d\":0.5,\"e\":null,\"f\":null}");
}

static void bytes_from_outside_are_escaped(void **state)
{
    char out[128];
    struct json j = json_of(out, sizeof out);

    (void)state;
    json_text(&j, NULL, "\"\\\n\x1b[1m</\xff");
    json_end(&j);
    assert_string_equal(out, "\"\\u0022\\u005c\\u000a\\u001b[1m</\\u00ff\"");
}

static void nothing_is_written_past_the_end(void **state)
{
    char out[24];

    (void)state;
    for (size_t size = 1; size < sizeof out; size++) {
        struct json j = json_of(out, size);

        memset(out, '#', sizeof out);
        json_object(&j, NULL);
        json_text(&j, "key", "text");
        json_object_end(&j);
        assert_int_equal(json_end(&j), size > 14 ? 14 : 0);
        assert_int_equal(out[size], '#');
        assert_non_null(memchr(out, 0, size));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_nest_and_commas_come_by_themselves),
        cmocka_unit_test(bytes_from_outside_are_escaped),
        cmocka_unit_test(nothing_is_written_past_the_end),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
