/* A tree judged by a schema of our own: where values go, what is marked and what is said. */
#include "base/test.h"

#include <string.h>

#include "conf/check.h"

struct top { struct option_text first; int64_t number; uint8_t mode; struct option_nets nets; struct option_texts words; };
struct many { struct option_text text; };
struct all { struct top top; struct many many, list[2]; uint32_t count; };

#define TOP_ROW(type, name, standard, min) { type, #name, offsetof(struct top, name), standard, min, "", RELOAD_LIVE, "" }
#define MANY_ROW(name) { CONF_TEXT, name, 0, "", "", "", RELOAD_LIVE, "" }
static const struct conf_row top_rows[] = {
    TOP_ROW(CONF_TEXT, first, "", ""), TOP_ROW(CONF_INT, number, "1000", "1000"), TOP_ROW(CONF_ENUM, mode, "alpha", "alpha|beta"),
    TOP_ROW(CONF_NETS, nets, "", ""), TOP_ROW(CONF_TEXTS, words, "", ""),
};
/* Eleven of 20 letters, and one that would end at the last byte of the list. */
static const struct conf_row many_rows[] = {
    MANY_ROW("key_number_01_is_lon"), MANY_ROW("key_number_02_is_lon"), MANY_ROW("key_number_03_is_lon"), MANY_ROW("key_number_04_is_lon"),
    MANY_ROW("key_number_05_is_lon"), MANY_ROW("key_number_06_is_lon"), MANY_ROW("key_number_07_is_lon"), MANY_ROW("key_number_08_is_lon"),
    MANY_ROW("key_number_09_is_lon"), MANY_ROW("key_number_10_is_lon"), MANY_ROW("key_number_11_is_lon"), MANY_ROW("fourteen_chars"),
};
static const struct conf_section sections[] = {
    { .kind = CONF_TOP, .name = "", .rows = top_rows, .row_count = 5, .offset = offsetof(struct all, top), .present_offset = CONF_NONE },
    { .kind = CONF_MAP, .name = "many", .rows = many_rows, .row_count = 12, .offset = offsetof(struct all, many), .present_offset = CONF_NONE },
    { .kind = CONF_LIST, .name = "list", .rows = many_rows, .row_count = 1, .offset = offsetof(struct all, list), .present_offset = CONF_NONE,
      .count_offset = offsetof(struct all, count), .item_size = sizeof(struct many), .item_max = 2,
      .default_text = "[{ key_number_01_is_lon: x }]" },
};
static const struct conf_schema schema = { sections, 3, "test", "T_" };
static struct conf_tree tree;
static struct conf_errors errors;
static struct all values;

static void parse(const char *yaml)
{
    errors.found = errors.kept = 0;
    conf_tree_init(&tree);
    conf_tree_parse_file(&tree, yaml, strlen(yaml), "f", &errors);
    assert_int_equal(errors.found, 0);
}

static void apply(const char *yaml)
{
    parse(yaml);
    conf_apply(&schema, &tree, &values, &errors);
}

static bool told_once(const char *words) { return errors.found == 1 && strstr(errors.text[0], words); }

static void every_value_goes_into_its_field(void **state)
{
    (void)state;
    apply("first: a\nnumber: 2000\nmode: beta\nwords: [b, c]\n");
    assert_int_equal(errors.found, 0);
    assert_string_equal(values.top.first.s, "a");
    assert_int_equal(values.top.number, 2000);
    assert_int_equal(values.top.mode, 1);
    assert_string_equal(values.top.words.item[1].s, "c");
    assert_int_equal(values.count, 1);
    assert_string_equal(values.list[0].text.s, "x");
    assert_false(conf_node_find(tree.root, "first")->bad || conf_node_find(tree.root, "words")->bad);
}

static void what_is_wrong_is_told_once_and_marked(void **state)
{
    static const struct { const char *yaml, *key, *words; } rows[] = {
        { "first: ~", "first", "the value is missing" },  { "first: [a]", "first", "a list found" },
        { "first: { a: b }", "first", "keys found" },     { "words: a", "words", "a list in [brackets] is expected" },
        { "words: ~", "words", "the value is missing" },  { "words: [a, [b]]", "words", "a list found" },
        { "number: \"1000\"", "number", "text found" }, { "number: 999", "number", "is out of range" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        apply(rows[i].yaml);
        assert_true(told_once(rows[i].words));
        assert_true(conf_node_find(tree.root, rows[i].key)->bad);
        conf_apply(&schema, &tree, &values, &errors); /* what is marked is not judged again */
        assert_int_equal(errors.found, 1);
    }
}

/* What a secret file holds is not shown, and nothing is that would tell it. */
static void hints_are_given_where_they_tell_no_secret(void **state)
{
    static const struct { const char *yaml, *key, *hint; } rows[] = {
        { "mode: alfa", "mode", "did you mean alpha?" },
        { "nets: [192.0.2.1/24]", "nets", "did you mean 192.0.2.0/24?" },
        { "nets: ['2001:db8:1111:2222:3333:4444:5555:6677/120']", "nets", "did you mean 2001:db8:1111:2222:3333:4444:5555:6600/120?" },
        { "number: 100O", "number", NULL }, /* its least is no choice */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct conf_node *n;

        apply(rows[i].yaml);
        assert_true(told_once(rows[i].hint ? rows[i].hint : "is not understood"));
        assert_true(rows[i].hint || !strstr(errors.text[0], "did you mean"));
        parse(rows[i].yaml);
        n = conf_node_find(tree.root, rows[i].key);
        (n->child ? n->child : n)->at.kind = CONF_FROM_SECRET;
        conf_apply(&schema, &tree, &values, &errors);
        assert_true(told_once("what the file holds"));
        assert_null(strstr(errors.text[0], "did you mean"));
    }
}

static void known_keys_are_named_as_far_as_there_is_room(void **state)
{
    (void)state;
    apply("many: { zz: 1 }");
    assert_true(told_once("many: unknown key \"zz\" (known here: key_number_01_is_lon, key_number_02_is_lon, "));
    assert_true(told_once(", key_number_10_is_lon, key_number_11_is_lon)"));
    apply("many: { first: 1 }");
    assert_true(told_once("did you mean first?"));
    apply("key_number_02_is_lon: 1");
    assert_true(told_once("did you mean many.key_number_02_is_lon?"));
    assert_true(told_once("(known here: first, number, mode, nets, words, many, list)"));
}

/* A tree that is full was told so where it became full. */
static void a_full_tree_takes_no_list_that_nobody_gave(void **state)
{
    (void)state;
    parse("");
    tree.count = CONF_NODES_MAX;
    conf_apply(&schema, &tree, &values, &errors);
    assert_int_equal(errors.found, 0);
    assert_int_equal(values.count, 0);
}

static void a_colon_without_its_blank_is_seen(void **state)
{
    (void)state;
    apply("many:\n  key:value\n");
    assert_true(told_once("many: keys are expected; a blank belongs behind the colon"));
    apply("many: key\n");
    assert_true(told_once("many: keys are expected"));
}

static void a_list_of_sections_ends(void **state)
{
    (void)state;
    apply("list: [{}, {}]");
    assert_int_equal(errors.found, 0);
    assert_int_equal(values.count, 2);
    apply("list: [{}, {}, {}]");
    assert_true(told_once("list: more than 2 items"));
    assert_int_equal(values.count, 2);
    apply("list: [{}, x]");
    assert_true(told_once("list[1]: keys are expected"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_goes_into_its_field),           cmocka_unit_test(what_is_wrong_is_told_once_and_marked),
        cmocka_unit_test(hints_are_given_where_they_tell_no_secret), cmocka_unit_test(known_keys_are_named_as_far_as_there_is_room),
        cmocka_unit_test(a_full_tree_takes_no_list_that_nobody_gave), cmocka_unit_test(a_colon_without_its_blank_is_seen),
        cmocka_unit_test(a_list_of_sections_ends),
    };

    return cmocka_run_group_tests_name("conf check", tests, NULL, NULL);
}
