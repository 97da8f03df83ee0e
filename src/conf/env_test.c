/* The environment over a tree, by a schema of our own: what stands in the way of a variable, and a tree that takes no more. */
#include "base/test_folder.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/check.h"

struct top { struct option_text word; };
struct part { struct option_text word, place; };

static const struct conf_row top_rows[] = { { CONF_TEXT, "word", offsetof(struct top, word), "", "", "", RELOAD_LIVE, "" } };
static const struct conf_row part_rows[] = {
    { CONF_TEXT, "word", offsetof(struct part, word), "", "", "", RELOAD_LIVE, "" },
    { CONF_PATH, "place", offsetof(struct part, place), "", "", "", RELOAD_LIVE, "" },
};
static const struct conf_section sections[] = {
    { .kind = CONF_TOP, .name = "", .rows = top_rows, .row_count = 1, .present_offset = CONF_NONE },
    { .kind = CONF_MAP, .name = "part", .rows = part_rows, .row_count = 2, .present_offset = CONF_NONE },
};
static const struct conf_schema schema = { sections, 2, "test", "T_" };
static struct conf_tree tree;
static struct conf_errors errors;
static char in_file[64], credential[64];

static void start(const char *yaml)
{
    errors.found = errors.kept = 0;
    conf_tree_init(&tree);
    conf_tree_parse_file(&tree, yaml, strlen(yaml), "f", &errors);
    assert_int_equal(errors.found, 0);
}

static void overlay(const char *variable)
{
    char kept[512], *environment[] = { kept, NULL };

    assert_true(snprintf(kept, sizeof kept, "%s", variable) < (int)sizeof kept);
    conf_overlay(&schema, &tree, environment, &errors);
}

/* What part.KEY says now, or "". */
static const char *part_says(const char *key)
{
    const struct conf_node *n = conf_given(&tree, "part", 0, key);

    return n ? n->text : "";
}

static bool told_once(const char *words) { return errors.found == 1 && strstr(errors.text[0], words); }

/* Of the whole value, which begins where it begins. */
static bool told_of_all(const char *words) { return told_once(words) && errors.part[0].at.line == 1 && errors.part[0].at.column == 1; }

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void what_is_no_variable_of_ours_is_passed_over(void **state)
{
    static const char *const foreign[] = { "T_PART__WORD", "T_FILE", "T__FILE", "CREDENTIALS_DIRECTORY", "T_SOMETHING_LONG=1",
                                           "T_PART_AND_MORE_LETTERS_THAN_ANY_NAME_OF_A_KEY_HAS_SO_THAT_THEY_ARE_CUT_WHERE_THEY_ARE_LOOKED_FOR_FILE=/x" };

    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        start("");
        overlay(foreign[i]);
        assert_int_equal(errors.found, 0);
        assert_null(tree.root->child);
    }
    conf_overlay(&schema, &tree, NULL, &errors); /* what clearenv leaves */
    assert_null(tree.root->child);
    start("");
    overlay("T_Q__X=1"); /* shorter than _FILE is */
    assert_true(told_of_all("no configuration key has this name"));
}

/* The nearest of our names, the first of several; none where too much of it is another. */
static void a_name_that_was_misspelt_is_told(void **state)
{
    static const struct { const char *variable, *words; } rows[] = {
        { "T_WORDS=1", "did you mean T_WORD?" },         { "T_PART__WORACE=1", "did you mean T_PART__WORD?" },
        { "T_PART__ABEF=1", "did you mean T_PART__WORD?" }, { "T_PART__ABEFG=1", "a name is T_SECTION__KEY" },
        { "T_PART__WORD_FULL=1", "no configuration key has this name" }, { "T_PART__WORD=", "the value is missing" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start("");
        overlay(rows[i].variable);
        assert_true(told_of_all(rows[i].words));
    }
    start("");
    overlay("T_WODDY=1"); /* two letters away: somebody else's */
    assert_int_equal(errors.found, 0);
}

/* A whole section, and a key of it over that, in whichever order they stand. */
static void a_key_goes_over_its_section(void **state)
{
    char key[] = "T_PART__WORD=b", section[] = "T_PART={word: a, place: /c}", *environment[] = { key, section, NULL };

    (void)state;
    start("");
    conf_overlay(&schema, &tree, environment, &errors);
    assert_string_equal(part_says("word"), "b");
    assert_string_equal(part_says("place"), "/c");
}

static void a_variable_goes_over_what_the_file_says(void **state)
{
    char variable[128];

    (void)state;
    start("part: { word: a }");
    overlay("T_PART__WORD=b");
    assert_string_equal(part_says("word"), "b");
    start("part: 5");
    overlay("T_PART__WORD=b");
    assert_string_equal(part_says("word"), "b");
    start("part: { word: a }");
    put_file(in_file, "from a file\n");
    snprintf(variable, sizeof variable, "T_PART__WORD_FILE=%s", in_file);
    overlay(variable);
    assert_string_equal(part_says("word"), "from a file");
    assert_int_equal(errors.found, 0);
    start("part: { word: a }");
    overlay("T_PART__WORD='b");
    assert_true(told_once("this is not YAML"));
    assert_string_equal(part_says("word"), "a");
}

static void a_key_is_given_by_its_variable_or_by_a_file(void **state)
{
    char by_file[128];

    (void)state;
    put_file(in_file, "x");
    snprintf(by_file, sizeof by_file, "T_PART__WORD_FILE=%s", in_file);
    start("");
    overlay("T_PART__WORD=b");
    overlay(by_file);
    assert_true(told_of_all("environment T_PART__WORD_FILE: T_PART__WORD gives the same key"));
    start("");
    overlay(by_file);
    overlay("T_PART__WORD=b");
    assert_true(told_of_all("environment T_PART__WORD: T_PART__WORD_FILE gives the same key"));
}

/* An error each, never a value that is gone without a word. */
static void a_full_tree_is_told(void **state)
{
    char variable[128];

    (void)state;
    snprintf(variable, sizeof variable, "T_PART__WORD_FILE=%s", in_file);
    put_file(in_file, "x");
    start("part: { word: a }");
    tree.count = CONF_NODES_MAX;
    overlay(variable);
    assert_true(told_of_all("T_PART__WORD_FILE: the configuration has too many values"));
    start("");
    tree.count = CONF_NODES_MAX;
    overlay("T_PART__WORD=b");
    assert_true(told_of_all("T_PART__WORD: the configuration has too many values"));
    start("");
    tree.text_len = CONF_TEXT_MAX - 4;
    overlay("T_PART__WORD=b");
    assert_true(told_of_all("the environment is too large"));
}

static void credentials_are_files_of_their_directory(void **state)
{
    char variable[128], slashes[OPTION_TEXT_MAX + 1], far[400];

    (void)state;
    put_file(credential, "");
    snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY=%s", folder);
    start("");
    overlay(variable);
    assert_string_equal(part_says("place"), credential);
    start("");
    snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY_%s", folder);
    overlay(variable);
    assert_int_equal(chdir("/tmp"), 0);
    snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY=%s", folder + strlen("/tmp/")); /* a service manager gives a whole path */
    overlay(variable);
    memset(slashes, '/', OPTION_TEXT_MAX);
    slashes[OPTION_TEXT_MAX] = '\0';
    snprintf(far, sizeof far, "CREDENTIALS_DIRECTORY=%s%s", folder, slashes); /* cut, it would be the directory itself */
    overlay(far);
    assert_string_equal(part_says("place"), "");
    assert_int_equal(errors.found, 0);
}

/* Room for the section and not for its key, or for neither. */
static void a_credential_that_a_full_tree_does_not_take_is_told(void **state)
{
    char variable[128];

    (void)state;
    snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY=%s", folder);
    for (uint32_t room = 0; room <= 1; room++) {
        start("");
        tree.count = CONF_NODES_MAX - room;
        overlay(variable);
        assert_string_equal(part_says("place"), "");
        assert_true(told_of_all("environment CREDENTIALS_DIRECTORY: the configuration has too many values"));
    }
}

static int make_folder(void **state)
{
    (void)state;
    if (folder_make("word", in_file, sizeof in_file) != 0)
        return -1;
    snprintf(credential, sizeof credential, "%s/part.place", folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_variable_of_ours_is_passed_over), cmocka_unit_test(a_variable_goes_over_what_the_file_says),
        cmocka_unit_test(a_name_that_was_misspelt_is_told), cmocka_unit_test(a_key_goes_over_its_section),
        cmocka_unit_test(a_key_is_given_by_its_variable_or_by_a_file), cmocka_unit_test(a_full_tree_is_told),
        cmocka_unit_test(credentials_are_files_of_their_directory),
        cmocka_unit_test(a_credential_that_a_full_tree_does_not_take_is_told),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
