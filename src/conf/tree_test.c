/* YAML to nodes with places: what is accepted, what is refused, and where. */
#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "conf/tree.h"

static struct conf_tree tree;
static struct conf_errors errors;

static void parse_bytes(const char *bytes, size_t len)
{
    memset(&errors, 0, sizeof errors);
    conf_tree_init(&tree);
    conf_tree_parse_file(&tree, bytes, len, "f", &errors);
}

/* libyaml where no memory is left. */
static bool no_parser, no_event;
int __real_yaml_parser_initialize(yaml_parser_t *parser);
int __wrap_yaml_parser_initialize(yaml_parser_t *parser);
int __real_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);

int __wrap_yaml_parser_initialize(yaml_parser_t *parser) { return no_parser ? 0 : __real_yaml_parser_initialize(parser); }

int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event)
{
    if (!no_event)
        return __real_yaml_parser_parse(parser, event);
    memset(event, 0, sizeof *event);
    parser->error = YAML_MEMORY_ERROR;
    return 0;
}

static void parse(const char *text) { parse_bytes(text, strlen(text)); }

static const char *text_of(const char *section, const char *key)
{
    const struct conf_node *n = conf_node_find(conf_node_find(tree.root, section), key);

    return n ? n->text : NULL;
}

/* The first error begins with "f:LINE:COLUMN: " and holds `words`. */
static void expect_error(const char *text, size_t len, const char *place, const char *words)
{
    parse_bytes(text, len);
    if (errors.found == 0 || strncmp(errors.text[0], place, strlen(place)) != 0 || !strstr(errors.text[0], words))
        fail_msg("%s: %s", text, errors.found ? errors.text[0] : "no error");
}

static void block_flow_and_json_are_one(void **state)
{
    static const char *const same[] = { "a:\n  b: x\n  c: [1, 2]\n", "a: { b: x, c: [1, 2,], }",
                                        "{\"a\": {\"b\": \"x\", \"c\": [1, 2]}}", "---\na: {b: 'x', c: [1, 2]}\n..." };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        const struct conf_node *list;

        parse(same[i]);
        assert_int_equal(errors.found, 0);
        assert_string_equal(text_of("a", "b"), "x");
        list = conf_node_find(conf_node_find(tree.root, "a"), "c");
        assert_string_equal(conf_node_item(list, 1)->text, "2");
        assert_null(conf_node_item(list, 2));
    }
}

static void every_node_knows_its_place(void **state)
{
    const struct conf_node *n;

    (void)state;
    parse("# a\na:\n  bee:   x\n");
    n = conf_node_find(conf_node_find(tree.root, "a"), "bee");
    assert_int_equal(n->key_at.line, 3);
    assert_int_equal(n->key_at.column, 3);
    assert_int_equal(n->at.line, 3);
    assert_int_equal(n->at.column, 10);
    assert_string_equal(n->at.name, "f");
}

static void empty_texts_are_empty_maps(void **state)
{
    static const char *const empty[] = { "", "\n", "# only a comment", "---\n", "~", "null", "{}", "\r\n \r\n" };

    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        parse(empty[i]);
        assert_int_equal(errors.found, 0);
        assert_null(tree.root->child);
    }
}

static void CFG_02_bytes(void **state)
{
    (void)state;
    parse("\xef\xbb\xbf"
          "a: { b: x }\r\nc: { d: \"\xc3\xa4\" }"); /* byte order mark, CRLF, UTF-8, no final newline */
    assert_int_equal(errors.found, 0);
    assert_string_equal(text_of("a", "b"), "x");
    assert_string_equal(text_of("c", "d"), "\xc3\xa4");
    expect_error("a: b\nc: \0\n", 10, "f:2:4: ", "UTF-8");
    expect_error("a: b\nc: \xff\n", 10, "f:2:4: ", "UTF-8");
    expect_error("a: \xc0\x80", 5, "f:1:4: ", "UTF-8");
    expect_error("a: \"x\\0y\"", 9, "f:1:4: ", "NUL");
}

static void CFG_02_a_line_of_a_mebibyte(void **state)
{
    static char line[CONF_FILE_MAX];

    (void)state;
    memset(line, 'x', sizeof line);
    memcpy(line, "a: ", 3);
    parse_bytes(line, sizeof line); /* as much of it as a file may hold */
    assert_int_equal(errors.found, 0);
    assert_int_equal(strlen(conf_node_find(tree.root, "a")->text), sizeof line - 3);
    memset(line, '[', sizeof line);
    expect_error(line, sizeof line, "f:1:", "nested too deeply");
    for (size_t i = 0; i + 2 <= sizeof line; i += 2)
        memcpy(line + i, "-\n", 2);
    expect_error(line, sizeof line, "f:", "too many values");
}

/* CONF_DEPTH_MAX values, one within the other, are read, one more is not: lists, values and keys. */
static void values_are_nested_so_deep_and_no_deeper(void **state)
{
    static const struct { const char *fits, *words, *beyond; } rows[] = {
        { "a: [[[[[[x]]]]]]", NULL, "a: [[[[[[[x]]]]]]]" },
        { "{a: {a: {a: {a: {a: {a: {a: x}}}}}}}", NULL, "{a: {a: {a: {a: {a: {a: {a: {a: x}}}}}}}}" },
        { "? [[[[[[x]]]]]]\n: 1\n", "a key must be a word", "? [[[[[[[x]]]]]]]\n: 1\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        parse(rows[i].fits);
        assert_int_equal(errors.found, rows[i].words != NULL);
        assert_true(!rows[i].words || strstr(errors.text[0], rows[i].words));
        expect_error(rows[i].beyond, strlen(rows[i].beyond), "f:1:", "nested too deeply");
        assert_int_equal(errors.found, 1 + (rows[i].words != NULL)); /* nothing is read after it */
    }
}

static void CFG_03_key_given_twice(void **state)
{
    (void)state;
    expect_error("a:\n  b: 1\n  c: 2\n  b: 3\n", 22, "f:4:3: ", "the key \"b\" is given twice; it stands in line 2 already");
    expect_error("a: {}\nb: {}\na: {}\n", 18, "f:3:1: ", "line 1");
    assert_int_equal(errors.found, 1);
}

static void traits_that_hide_meaning_are_refused(void **state)
{
    static const struct { const char *text, *place, *words; } rows[] = {
        { "a: &x 1", "f:1:4: ", "anchors" },
        { "a: *x", "f:1:4: ", "quotes around text that begins with *" },
        { "a: [*:123]", "f:1:", "quotes around a value that begins with *" },
        { "a: !t 1", "f:1:4: ", "tags" },
        { "a: !!str 1", "f:1:4: ", "tags" },
        { "a: 1\n---\nb: 1\n", "f:2:1: ", "second document" },
        { "? [x]\n: 1\n", "f:1:3: ", "a key must be a word" },
        { "- a\n", "f:1:1: ", "a list" },
        { "word\n", "f:1:1: ", "a single word" },
        { "a:\n\tb: 1\n", "f:2:1: ", "not tabs" },
        { "a: [1, 2\n", "f:2:1: ", "bracket not closed" },
        { "a: b: c\n", "f:1:5: ", "not YAML" },
        { "&k a: 1\n", "f:1:1: ", "anchors" },
        { "--- @x\n", "f:1:5: ", "put quotes around a value that begins with @" },
        { "a: 1\n...\n@\n", "f:3:1: ", "not YAML" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_error(rows[i].text, strlen(rows[i].text), rows[i].place, rows[i].words);
        assert_int_equal(errors.found, 1);
    }
}

static void a_bomb_of_aliases_costs_nothing(void **state)
{
    (void)state;
    parse("a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\n");
    assert_int_equal(errors.found, 11);
    assert_true(tree.count < 32);
}

static void errors_are_counted_beyond_what_is_kept(void **state)
{
    static char text[64 * 1024];
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "k%d: &a 1\n", i);
    parse_bytes(text, n);
    assert_int_equal(errors.found, 100);
    assert_int_equal(errors.kept, CONF_ERRORS_MAX);
}

static void quoted_text_is_one_clean_line(void **state)
{
    char out[CONF_QUOTE_MAX], full[300];

    (void)state;
    assert_string_equal(conf_quote("a\x1b[2J\n\"\\\xff", out), "\"a\\x1b[2J\\x0a\\x22\\x5c\\xff\"");
    memset(full, 1, sizeof full);
    full[299] = '\0';
    conf_quote(full, out);
    assert_int_equal(strlen(out), 1 + 60 * 4 + 4);
    assert_true(strlen(out) < CONF_QUOTE_MAX);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    no_parser = true;
    expect_error("a: 1\n", 5, "f", "no memory is left");
    no_parser = false;
    no_event = true;
    expect_error("a: 1\n", 5, "f:1:1: ", "no memory is left");
    no_event = false;
}

/* Files of one tree share its room. */
static void the_tree_is_full(void **state)
{
    static char line[CONF_FILE_MAX + 1], keys[16 * CONF_NODES_MAX];
    const struct conf_origin here = { CONF_FROM_FILE, 1, 1, "g" };
    size_t n = 0;

    (void)state;
    memset(line, 'x', sizeof line - 1);
    memcpy(line, "a: ", 3);
    parse(line);
    memcpy(line, "b: ", 3);
    conf_tree_parse_file(&tree, line, strlen(line), "g", &errors);
    assert_int_equal(errors.found, 1);
    assert_non_null(strstr(errors.text[0], "g:1:4: the configuration is too large"));
    assert_null(conf_tree_new_scalar(&tree, line, here));
    assert_string_equal(conf_tree_new_scalar(&tree, "short", here)->text, "short");
    for (int i = 0; i < CONF_NODES_MAX; i++)
        n += (size_t)snprintf(keys + n, sizeof keys - n, "k%d: 1\n", i);
    expect_error(keys, n, "f:1024:1: ", "too many values");
    assert_null(conf_tree_new_scalar(&tree, "short", here));
    assert_null(conf_tree_new_map(&tree, here));
}

/* Texts lie one behind the other, to the last byte. */
static void text_is_kept_as_long_as_there_is_room(void **state)
{
    static char text[CONF_TEXT_MAX];
    const char *first, *second;

    (void)state;
    parse("");
    first = conf_tree_keep(&tree, "ab", 2);
    second = conf_tree_keep(&tree, text, CONF_TEXT_MAX - 5);
    assert_string_equal(first, "ab");
    assert_ptr_equal(second, first + 3);
    assert_string_equal(conf_tree_keep(&tree, "", 0), "");
    assert_null(conf_tree_keep(&tree, "", 0));
    parse("");
    assert_null(conf_tree_keep(&tree, text, CONF_TEXT_MAX));
    assert_non_null(conf_tree_keep(&tree, text, CONF_TEXT_MAX - 1));
}

static void a_later_file_goes_over_an_earlier_one(void **state)
{
    static const char later[] = "a: { d: z, e: v }\nc: [y]\nf: 2\n";

    (void)state;
    parse("a: { b: x, d: y }\nc: [x]\nf: 1\n");
    conf_tree_parse_file(&tree, later, sizeof later - 1, "g", &errors);
    assert_int_equal(errors.found, 0);
    assert_string_equal(text_of("a", "b"), "x");
    assert_string_equal(text_of("a", "d"), "z");
    assert_string_equal(text_of("a", "e"), "v");
    assert_string_equal(conf_node_item(conf_node_find(tree.root, "c"), 0)->text, "x");
    assert_string_equal(conf_node_item(conf_node_find(tree.root, "c"), 1)->text, "y");
    assert_string_equal(conf_node_find(tree.root, "f")->text, "2");
}

/* What was refused takes the place of what was there, and is not told again. */
static void what_was_refused_is_not_merged(void **state)
{
    (void)state;
    parse("a: { b: x }\nc: [x]\n");
    conf_tree_parse_file(&tree, "a: &k { d: y }\nc: !t [y]\n", 25, "g", &errors);
    assert_int_equal(errors.found, 2);
    assert_null(text_of("a", "b"));
    assert_true(conf_node_find(tree.root, "a")->bad && conf_node_find(tree.root, "c")->bad);
    assert_null(conf_node_item(conf_node_find(tree.root, "c"), 1));
}

static void another_kind_takes_the_place(void **state)
{
    (void)state;
    parse("a: { b: x }\nc: [x]\n");
    conf_tree_parse_file(&tree, "a: [y]\nc: { d: y }\n", 19, "g", &errors);
    assert_int_equal(errors.found, 0);
    assert_string_equal(conf_node_item(conf_node_find(tree.root, "a"), 0)->text, "y");
    assert_string_equal(text_of("c", "d"), "y");
}

static void what_is_no_map_and_no_list_holds_nothing(void **state)
{
    struct conf_node *list, *word;

    (void)state;
    parse("a: x\nl: [1]\n");
    list = conf_node_find(tree.root, "l");
    word = conf_node_find(tree.root, "a");
    assert_null(conf_node_item(NULL, 0));
    assert_null(conf_node_item(word, 0));
    assert_null(conf_node_find(NULL, "a"));
    assert_null(conf_node_find(list, "a"));
    conf_tree_merge(tree.root, word);
    assert_ptr_equal(conf_node_find(tree.root, "l"), list);
    conf_tree_append(&tree, "a", list); /* a word stays what it is */
    assert_string_equal(conf_node_find(tree.root, "a")->text, "x");
    conf_tree_append(&tree, "l", conf_tree_parse_bytes(&tree, "[2, 3]", 6, "g", &errors));
    assert_string_equal(conf_node_item(list, 2)->text, "3");
    conf_tree_append(&tree, "m", conf_tree_parse_bytes(&tree, "[4]", 3, "g", &errors));
    assert_string_equal(conf_node_item(conf_node_find(tree.root, "m"), 0)->text, "4");
    assert_int_equal(errors.found, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_flow_and_json_are_one), cmocka_unit_test(every_node_knows_its_place), cmocka_unit_test(empty_texts_are_empty_maps),
        cmocka_unit_test(CFG_02_bytes), cmocka_unit_test(CFG_02_a_line_of_a_mebibyte), cmocka_unit_test(CFG_03_key_given_twice),
        cmocka_unit_test(traits_that_hide_meaning_are_refused), cmocka_unit_test(a_bomb_of_aliases_costs_nothing),
        cmocka_unit_test(errors_are_counted_beyond_what_is_kept), cmocka_unit_test(quoted_text_is_one_clean_line),
        cmocka_unit_test(no_memory_is_told), cmocka_unit_test(the_tree_is_full),
        cmocka_unit_test(values_are_nested_so_deep_and_no_deeper), cmocka_unit_test(text_is_kept_as_long_as_there_is_room),
        cmocka_unit_test(a_later_file_goes_over_an_earlier_one), cmocka_unit_test(what_was_refused_is_not_merged),
        cmocka_unit_test(another_kind_takes_the_place),
        cmocka_unit_test(what_is_no_map_and_no_list_holds_nothing),
    };
    return cmocka_run_group_tests_name("conf tree", tests, NULL, NULL);
}
