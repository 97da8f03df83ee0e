/* The configuration: the bytes as a file, up to the first two NULs; behind them a variable of the environment. A good one is printed and read again. */
#include <assert.h>
#include <string.h>

#include "conf/check.h"
#include "conf/print.h"
#include "daemon/options.h"
#include "daemon/options_rules.h"
#include "daemon/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf_tree tree;
static struct conf_errors errors;

struct text { char s[CONF_FILE_MAX]; size_t len; };

static void to_text(void *user, const char *bytes, size_t len)
{
    struct text *t = user;

    if (len <= sizeof t->s - t->len) {
        memcpy(t->s + t->len, bytes, len);
        t->len += len;
    }
}

static void read_options(const char *bytes, size_t len, char *const *environment, struct daemon_options *out)
{
    memset(&errors, 0, sizeof errors);
    memset(out, 0, sizeof *out);
    conf_tree_init(&tree);
    conf_tree_parse_file(&tree, bytes, len, "f", &errors);
    conf_overlay(&daemon_schema, &tree, environment, &errors);
    conf_apply(&daemon_schema, &tree, out, &errors);
    if (errors.found == 0)
        options_check_rules(out, &tree, "f", &errors);
}

/* Errors are lines of clean text. */
static void check_errors(void)
{
    assert(errors.kept <= errors.found && errors.kept <= CONF_ERRORS_MAX);
    for (uint32_t i = 0; i < errors.kept; i++)
        for (const char *c = errors.text[i]; *c; c++)
            assert((unsigned char)*c >= 0x20 && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct daemon_options first, second;
    static struct text printed;
    static char variable[1024];
    const char *bytes = (const char *)data;
    const uint8_t *pair = size ? memmem(data, size, "\0\0", 2) : NULL;
    size_t len = pair ? (size_t)(pair - data) : size, rest = pair ? size - len - 2 : 0;
    char *const environment[] = { pair ? variable : NULL, NULL }, *const none[] = { NULL };
    struct conf_out out = { to_text, &printed };

    if (size > CONF_FILE_MAX)
        return 0;
    strcpy(variable, "SIMPLE_UTCD_");
    if (rest > sizeof variable - 13)
        rest = sizeof variable - 13;
    if (rest)
        memcpy(variable + 12, data + len + 2, rest);
    variable[12 + rest] = '\0';
    read_options(bytes, len, environment, &first);
    check_errors();
    if (errors.found)
        return 0;
    printed.len = 0;
    conf_print(&daemon_schema, &tree, &first, &out);
    read_options(printed.s, printed.len, none, &second);
    assert(errors.found == 0);
    assert(memcmp(&first, &second, sizeof first) == 0);
    return 0;
}
