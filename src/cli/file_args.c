#include "cli/file_args.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "conf/nearest.h"
#include "observe/snapshot.h"

static const struct { const char *name; unsigned least, most; const char *needs; } verbs[FILE_VERBS] = {
    [FILE_INIT] = { "init", 0, 0, "" },
    [FILE_IMPORT] = { "import", 1, 1, "the file to translate: utcctl import /etc/chrony/chrony.conf" },
    [FILE_CHECK] = { "check", 0, 1, "" },
    [FILE_CONFIG] = { "config", 2, 2, "what to explain: utcctl config explain clock.mode" },
};

#define ON(verb) (1u << FILE_##verb)

enum kind { FLAG, TEXT };
static const struct option_row { const char *name; enum kind kind; unsigned verbs; size_t field; } options[] = {
    { "--profile", TEXT, ON(INIT), offsetof(struct file_args, profile) },
    { "--output", TEXT, ON(INIT) | ON(IMPORT), offsetof(struct file_args, output) },
    { "--force", FLAG, ON(INIT) | ON(IMPORT), offsetof(struct file_args, force) },
    { "--from", TEXT, ON(IMPORT), offsetof(struct file_args, from) },
    { "--live", FLAG, ON(CHECK), offsetof(struct file_args, live) },
    { "--json", FLAG, ON(CHECK) | ON(CONFIG), offsetof(struct file_args, json) },
    { "--sarif", FLAG, ON(CHECK), offsetof(struct file_args, sarif) },
    { "--config", TEXT, ON(CONFIG), offsetof(struct file_args, config) },
    { "--help", FLAG, ~0u, offsetof(struct file_args, help) },
};
#define OPTION_COUNT (sizeof options / sizeof options[0])

const char *file_verb_name(enum file_verb v) { return verbs[v].name; }

bool file_args_option(size_t i, const char **name, unsigned *for_verbs)
{
    if (i >= OPTION_COUNT)
        return false;
    *name = options[i].name;
    *for_verbs = options[i].verbs;
    return true;
}

static int verb_of(const char *word)
{
    for (int v = 0; v < FILE_VERBS; v++)
        if (strcmp(verbs[v].name, word) == 0)
            return v;
    return -1;
}

static bool is_option(const char *arg) { return arg[0] == '-' && arg[1] != '\0'; }

/* `arg` without its "=value" is this option's name; -h is --help. */
static bool is_named(const struct option_row *o, const char *arg)
{
    const char *name = strcmp(arg, "-h") == 0 ? "--help" : arg;
    size_t len = strcspn(name, "=");

    return strlen(o->name) == len && memcmp(o->name, name, len) == 0;
}

/* Is the argument behind it its value? */
static bool takes_next(const char *arg)
{
    for (size_t o = 0; o < OPTION_COUNT; o++)
        if (is_named(&options[o], arg))
            return options[o].kind == TEXT && !strchr(arg, '=');
    return false;
}

/* Where the command stands: options may go before it. */
static int find_verb(int argc, const char *const *argv)
{
    int i = 1;

    while (i < argc && is_option(argv[i]))
        i += takes_next(argv[i]) ? 2 : 1;
    return i;
}

bool file_args_are(int argc, const char *const *argv)
{
    int i = find_verb(argc, argv);

    return i < argc && verb_of(argv[i]) >= 0;
}

__attribute__((format(printf, 2, 3))) static int fail(struct file_args *a, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(a->error, sizeof a->error, format, ap);
    va_end(ap);
    return -UE_SYNTAX;
}

static int fail_unknown(struct file_args *a, const char *word)
{
    struct conf_nearest n = conf_nearest_start(word);
    char shown[80];

    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (options[i].verbs & 1u << a->verb)
            conf_nearest_offer(&n, options[i].name);
    text_printable(word, shown, sizeof shown);
    if (n.best)
        return fail(a, "'%s' has no option '%s'; did you mean '%s'?", verbs[a->verb].name, shown, n.best);
    return fail(a, "'%s' has no option '%s'; 'utcctl help' lists all", verbs[a->verb].name, shown);
}

/* argv[*i] is an option; *i moves on when its value is the next argument. */
static int parse_option(struct file_args *a, int argc, const char *const *argv, int *i)
{
    const char *equals = strchr(argv[*i], '=');

    for (size_t o = 0; o < OPTION_COUNT; o++) {
        void *field = (char *)a + options[o].field;

        if (!is_named(&options[o], argv[*i]) || !(options[o].verbs & 1u << a->verb))
            continue;
        if (options[o].kind == FLAG && equals)
            return fail(a, "%s takes no value", options[o].name);
        if (options[o].kind == FLAG)
            *(bool *)field = true;
        else if (!equals && *i + 1 >= argc)
            return fail(a, "%s needs a value", options[o].name);
        else
            *(const char **)field = equals ? equals + 1 : argv[++*i];
        return 0;
    }
    return fail_unknown(a, argv[*i]);
}

int file_args_parse(int argc, const char *const *argv, struct file_args *out)
{
    int at = find_verb(argc, argv);

    *out = (struct file_args){ .verb = (enum file_verb)verb_of(argv[at]) };
    for (int i = 1; i < argc; i++) {
        if (i == at)
            continue;
        if (is_option(argv[i])) {
            if (parse_option(out, argc, argv, &i) != 0)
                return -UE_SYNTAX;
        } else if (out->words == verbs[out->verb].most) {
            char shown[80];

            return fail(out, "'%s' takes no argument '%s'", verbs[out->verb].name, text_printable(argv[i], shown, sizeof shown));
        } else {
            out->word[out->words++] = argv[i];
        }
    }
    if (out->words < verbs[out->verb].least && !out->help)
        return fail(out, "'%s' needs %s", verbs[out->verb].name, verbs[out->verb].needs);
    if (out->json && out->sarif)
        return fail(out, "--json and --sarif exclude each other");
    return 0;
}
