/* Words that people and other machines write: the command line of utcctl, its questions about the future, the DAYTIME line of a server, durations,
 * sizes, networks and addresses. The input is words apart by zero bytes. What is wrong is told in clean text. */
#include <assert.h>
#include <string.h>

#include "base/addr.h"
#include "cli/args.h"
#include "cli/file_args.h"
#include "conf/name.h"
#include "conf/number.h"
#include "lib/query.h"
#include "sim/question.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 24

static void check_text(const char *text)
{
    assert(text[0]);
    for (const char *c = text; *c; c++)
        assert((unsigned char)*c >= 0x20 && *c != 0x7f);
}

static void as_command(int argc, const char *const *argv)
{
    static struct args a;
    static struct file_args f;

    memset(&a, 0, sizeof a);
    if (args_parse(argc, argv, &a) != 0)
        check_text(a.error);
    else
        assert(a.command < COMMAND_COUNT && a.word_count <= ARGS_WORDS_MAX && memchr(a.host, '\0', sizeof a.host));
    memset(&f, 0, sizeof f);
    if (file_args_are(argc, argv) && file_args_parse(argc, argv, &f) != 0)
        check_text(f.error);
}

static void as_question(const char *word)
{
    static const struct snapshot s = { .source_count = 2, .source = { { .name = "a.example" }, { .name = "b.example" } } };
    struct question q = { .kind = QUESTION_KINDS };
    char error[QUESTION_ERROR_MAX] = "", text[QUESTION_TEXT_MAX];

    if (question_parse(word, &s, &q, error) != 0)
        check_text(error);
    else
        check_text(question_text(&q, &s, text, sizeof text));
}

/* What an address is printed as is read as the same address. */
static void as_address(const char *word)
{
    char interface[ADDR_INTERFACE_MAX], text[ADDR_TEXT_MAX];
    struct net_addr a, again;
    uint8_t bits;

    if (addr_from_text(word, 123, &a) == 0)
        assert(addr_from_text(addr_to_text(&a, text), 1, &again) == 0 && (a.port == 0 || addr_equal(&a, &again)));
    if (addr_at_from_text(word, 123, &a, interface) == 0)
        assert(memchr(interface, '\0', sizeof interface));
    if (conf_net_parse(word, &a, &bits) == 0)
        assert(bits <= (a.family == ADDR_IPV4 ? 32 : 128));
}

static void as_number(const char *word)
{
    struct conf_number n;

    conf_int_parse(word, &n);
    conf_duration_parse(word, &n);
    conf_ppm_parse(word, &n);
    conf_size_parse(word, &n);
}

static void as_line(const char *word, size_t len)
{
    struct utc_ns at = { 0 };
    char text[64];

    query_daytime_parse((struct span){ (const uint8_t *)word, len }, &at);
    query_printable((struct span){ (const uint8_t *)word, len }, text, sizeof text);
    assert(len == 0 || (check_text(text), true));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[4096];
    const char *argv[WORDS_MAX];
    int argc = 0;

    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *at = text; at <= text + size && argc < WORDS_MAX; at += strlen(at) + 1) {
        argv[argc++] = at;
        as_question(at);
        as_address(at);
        as_number(at);
        as_line(at, strlen(at));
    }
    as_command(argc, argv);
    return 0;
}
