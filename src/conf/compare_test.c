/* Which keys differ, and what of it may be in force now. */
#include "base/test.h"

#include <string.h>

#include "conf/compare.h"

struct item { int64_t number; struct option_text name; };
struct values {
    int64_t live, fixed;
    struct option_text text;
    struct option_addrs listen;
    bool present;
    uint32_t count;
    struct item item[3];
};

#define CONF_STRUCT struct values
static const struct conf_row rows[] = {
    CONF_ROW(INT, live, "0", "", "", RELOAD_LIVE, "") CONF_ROW(INT, fixed, "0", "", "", RELOAD_RESTART, "")
    CONF_ROW(TEXT, text, "", "", "", RELOAD_LIVE, "") CONF_ROW(LISTEN, listen, "", "", "", RELOAD_LIVE, "")
};
#undef CONF_STRUCT
#define CONF_STRUCT struct item
static const struct conf_row item_rows[] = { CONF_ROW(INT, number, "0", "", "", RELOAD_LIVE, "") CONF_ROW(TEXT, name, "", "", "", RELOAD_LIVE, "") };
#undef CONF_STRUCT

static const struct conf_section sections[] = {
    { .kind = CONF_MAP, .name = "map", .rows = rows, .row_count = 4, .present_offset = offsetof(struct values, present) },
    { .kind = CONF_LIST, .name = "list", .rows = item_rows, .row_count = 2, .offset = offsetof(struct values, item), .present_offset = CONF_NONE,
      .count_offset = offsetof(struct values, count), .item_size = sizeof(struct item), .item_max = 3 },
};
static const struct conf_schema schema = { .sections = sections, .section_count = 2, .title = "t", .env_prefix = "T_" };

static void what_is_the_same_is_no_change(void **state)
{
    static struct values a, b;
    struct conf_changes c;

    (void)state;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    strcpy(a.text.s, "same");
    strcpy(b.text.s, "same");
    b.text.s[100] = 'x'; /* behind the end: no part of the text */
    conf_merge(&schema, &a, &b, &c);
    assert_int_equal(c.live.count + c.restart.count, 0);
}

static void changes_are_told_by_class_and_a_fixed_one_is_put_back(void **state)
{
    static struct values a, b;
    struct conf_changes c;

    (void)state;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    b.live = 5;
    b.fixed = 6;
    b.present = true;
    b.listen.count = 1;
    b.listen.item[0].family = ADDR_IPV4;
    b.count = 1;
    conf_merge(&schema, &a, &b, &c);
    assert_string_equal(c.restart.text, "map, map.fixed"); /* a section with such a row takes a restart to come or go */
    assert_string_equal(c.live.text, "map.live, map.listen, list");
    assert_true(b.live == 5 && b.fixed == 0 && !b.present && b.listen.count == 1 && b.count == 1);
    assert_true(conf_names_have(&c.live, "list") && conf_names_have(&c.live, "map.live") && !conf_names_have(&c.live, "map.liv"));
    assert_false(conf_names_have(&c.live, "live"));
}

static void more_names_than_fit_are_cut(void **state)
{
    static struct values a, b;
    static char name[CONF_NAMES_MAX];
    struct conf_section long_one = sections[0];
    const struct conf_schema s = { .sections = &long_one, .section_count = 1, .title = "t", .env_prefix = "T_" };
    struct conf_changes c;

    (void)state;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    memset(name, 'n', sizeof name - 20);
    long_one.name = name;
    b.live = 1;
    strcpy(b.text.s, "new");
    conf_merge(&s, &a, &b, &c);
    assert_int_equal(c.live.count, 2);
    assert_non_null(strstr(c.live.text, " ..."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_the_same_is_no_change),
        cmocka_unit_test(changes_are_told_by_class_and_a_fixed_one_is_put_back),
        cmocka_unit_test(more_names_than_fit_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
