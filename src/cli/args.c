#include "cli/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/file_args.h"
#include "conf/nearest.h"
#include "conf/number.h"
#include "observe/snapshot.h"
#include "utc/utc.h"

#define QUERY_TIMEOUT_MAX_NS (60 * NS_PER_S)

static const char *const command_names[COMMAND_COUNT] = {
    [COMMAND_HELP] = "help",   [COMMAND_STATUS] = "status",       [COMMAND_SOURCES] = "sources", [COMMAND_CLOCK] = "clock",
    [COMMAND_QUERY] = "query", [COMMAND_WAIT_SYNC] = "wait-sync", [COMMAND_SIM] = "sim",
    [COMMAND_ACL] = "acl",     [COMMAND_CLIENTS] = "clients",
    [COMMAND_VERSION] = "version", [COMMAND_RELOAD] = "reload",   [COMMAND_BURST] = "burst",     [COMMAND_LOG] = "log",
    [COMMAND_STEP] = "step",   [COMMAND_EXPLAIN] = "explain",     [COMMAND_DOCTOR] = "doctor",   [COMMAND_TOP] = "top",
    [COMMAND_COMPLETION] = "completion",
};

/* What may follow the command: least and most words, and the choices for the first where it has some. */
static const struct words { unsigned least, most; const char *first, *hint; } command_words[COMMAND_COUNT] = {
    [COMMAND_SOURCES] = { 0, 32, "add remove online offline", "utcctl sources [add|remove|online|offline SOURCE]" },
    [COMMAND_BURST] = { 0, 1, "", "utcctl burst [SOURCE]" },
    [COMMAND_LOG] = { 2, 3, "level", "utcctl log level debug|info|notice|warning|error [TOPIC]" },
    [COMMAND_EXPLAIN] = { 1, 1, "", "utcctl explain SOURCE" },
    [COMMAND_COMPLETION] = { 1, 1, "bash zsh fish", "utcctl completion bash|zsh|fish" },
    [COMMAND_ACL] = { 2, 2, "test", "utcctl acl test ADDRESS" },
};

const char *args_command_words(enum command c) { return command_words[c].first ? command_words[c].first : ""; }

const char *args_command_name(enum command c) { return command_names[c]; }

__attribute__((format(printf, 2, 3))) static int fail(struct args *a, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(a->error, sizeof a->error, format, ap);
    va_end(ap);
    return -UE_SYNTAX;
}

/* "frobnicate" for a person's eyes. */
static const char *shown(const char *text)
{
    static _Thread_local char out[80];

    return text_printable(text, out, sizeof out);
}

/* ---- HOST[:PORT] ---- */

static int port_parse(const char *text, uint16_t *port)
{
    struct conf_number n;
    int err = conf_int_parse(text, &n);

    if (err < 0)
        return err;
    if (n.i < 1 || n.i > UINT16_MAX)
        return -UE_RANGE;
    *port = (uint16_t)n.i;
    return 0;
}

int args_host_port(const char *text, char host[ARGS_HOST_MAX], uint16_t *port)
{
    const char *first = strchr(text, ':'), *last = strrchr(text, ':'), *close = strchr(text, ']');
    size_t len = strlen(text);
    int err = 0;

    *port = 0;
    if (text[0] == '[') {
        if (!close || (close[1] != '\0' && close[1] != ':'))
            return -UE_SYNTAX;
        err = close[1] ? port_parse(close + 2, port) : 0;
        text++;
        len = (size_t)(close - text);
    } else if (first && first == last) { /* one colon: a port; more: an IPv6 address */
        err = port_parse(first + 1, port);
        len = (size_t)(first - text);
    }
    if (len == 0 || len >= ARGS_HOST_MAX)
        return -UE_SYNTAX;
    memcpy(host, text, len);
    host[len] = '\0';
    return err;
}

/* ---- options ---- */

/* A number alone is seconds. */
static int duration(const char *text, struct dur_ns *out)
{
    struct conf_number n;

    if (conf_int_parse(text, &n) == 0 && n.i > 0 && n.i < INT64_MAX / NS_PER_S)
        *out = (struct dur_ns){ n.i * NS_PER_S };
    else if (conf_duration_parse(text, &n) == 0 && n.i > 0)
        *out = (struct dur_ns){ n.i };
    else
        return -UE_SYNTAX;
    return 0;
}

static int set_json(struct args *a, const char *value) { (void)value; a->json = true; return 0; }
static int set_yes(struct args *a, const char *value) { (void)value; a->yes = true; return 0; }
static int set_help(struct args *a, const char *value) { (void)value; a->help = true; return 0; }
static int set_ipv4(struct args *a, const char *value) { (void)value; a->family = UTC_IPV4; return 0; }
static int set_ipv6(struct args *a, const char *value) { (void)value; a->family = UTC_IPV6; return 0; }
static int set_print_story(struct args *a, const char *value) { (void)value; a->print_story = true; return 0; }
static int set_svg(struct args *a, const char *value) { a->svg = value; return *value ? 0 : fail(a, "--svg needs a file"); }
static int set_socket(struct args *a, const char *value) { a->socket = value; return *value ? 0 : fail(a, "--socket needs a path"); }

static int set_protocol(struct args *a, const char *value)
{
    static const char *const names[] = { [UTC_NTP] = "ntp", [UTC_TIME] = "time", [UTC_DAYTIME] = "daytime" };

    for (int i = 0; i < 3; i++)
        if (strcmp(value, names[i]) == 0) {
            a->protocol = i;
            return 0;
        }
    return fail(a, "--proto '%s' is none of ntp, time and daytime", shown(value));
}

static int set_service(struct args *a, const char *value)
{
    static const char *const names[] = { "ntp", "time", "daytime" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(value, names[i]) == 0) {
            a->service = names[i];
            return 0;
        }
    return fail(a, "--service '%s' is none of ntp, time and daytime", shown(value));
}

static int set_listener(struct args *a, const char *value)
{
    if (addr_at_from_text(value, 0, &a->listener, a->interface) < 0)
        return fail(a, "--listener '%s' is not an address such as 192.0.2.1, [::1]:123 or *%%eth0", shown(value));
    return 0;
}

static int set_count(struct args *a, const char *value)
{
    struct conf_number n;

    if (conf_int_parse(value, &n) < 0 || n.i < 1 || n.i > ARGS_COUNT_MAX)
        return fail(a, "--count '%s' is not a number from 1 to %d", shown(value), ARGS_COUNT_MAX);
    a->count = (int)n.i;
    return 0;
}

static int set_seeds(struct args *a, const char *value)
{
    struct conf_number n;

    if (conf_int_parse(value, &n) < 0 || n.i < 1 || n.i > ARGS_SEEDS_MAX)
        return fail(a, "--seeds '%s' is not a number from 1 to %d", shown(value), ARGS_SEEDS_MAX);
    a->seeds = (int)n.i;
    return 0;
}

static int set_seed(struct args *a, const char *value)
{
    struct conf_number n;

    if (conf_int_parse(value, &n) < 0 || n.i < 0)
        return fail(a, "--seed '%s' is not a number", shown(value));
    a->seed = n.i;
    return 0;
}

static int add_to_question(struct args *a, const char *word)
{
    size_t len = strlen(a->question);

    if (snprintf(a->question + len, sizeof a->question - len, "%s%s", len ? " " : "", word) >= (int)(sizeof a->question - len))
        return fail(a, "the question is too long");
    return 0;
}

static int set_what_if(struct args *a, const char *value) { return *value ? add_to_question(a, value) : fail(a, "--what-if needs a question"); }

static int set_timeout(struct args *a, const char *value)
{
    if (duration(value, &a->timeout) < 0)
        return fail(a, "--timeout '%s' is not a time such as 3s or 500ms", shown(value));
    return 0;
}

static int set_max_error(struct args *a, const char *value)
{
    if (duration(value, &a->max_error) < 0)
        return fail(a, "--max-error '%s' is not a time such as 10ms", shown(value));
    return 0;
}

#define ON(command) (1u << COMMAND_##command)
#define ON_ALL ~0u

static const struct option_row {
    const char *name, *abbreviation;
    bool takes_value;
    unsigned commands;
    int (*set)(struct args *, const char *);
} options[] = {
    { "--json", NULL, false, ON_ALL, set_json },
    { "--help", "-h", false, ON_ALL, set_help },
    { "--socket", NULL, true, ON(STATUS) | ON(SOURCES) | ON(CLOCK) | ON(WAIT_SYNC) | ON(SIM) | ON(ACL) | ON(CLIENTS) | ON(VERSION) |
      ON(RELOAD) | ON(BURST) | ON(LOG) | ON(STEP) | ON(EXPLAIN) | ON(DOCTOR) | ON(TOP), set_socket },
    { "--yes", NULL, false, ON(STEP), set_yes },
    { "--proto", NULL, true, ON(QUERY), set_protocol },
    { "--ipv4", "-4", false, ON(QUERY), set_ipv4 },
    { "--ipv6", "-6", false, ON(QUERY), set_ipv6 },
    { "--count", NULL, true, ON(QUERY) | ON(CLIENTS), set_count },
    { "--service", NULL, true, ON(ACL), set_service },
    { "--listener", NULL, true, ON(ACL), set_listener },
    { "--timeout", NULL, true, ON(QUERY) | ON(WAIT_SYNC), set_timeout },
    { "--max-error", NULL, true, ON(WAIT_SYNC), set_max_error },
    { "--what-if", NULL, true, ON(SIM), set_what_if },
    { "--print-story", NULL, false, ON(SIM), set_print_story },
    { "--seeds", NULL, true, ON(SIM), set_seeds },
    { "--seed", NULL, true, ON(SIM), set_seed },
    { "--svg", NULL, true, ON(SIM), set_svg },
};

#define OPTION_COUNT (sizeof options / sizeof options[0])

bool args_option(size_t i, const char **name, bool *takes_value, unsigned *commands)
{
    if (i >= OPTION_COUNT)
        return false;
    *name = options[i].name;
    *takes_value = options[i].takes_value;
    *commands = options[i].commands;
    return true;
}

/* `len` bytes of the argument are the option's name, the rest "=value". */
static const struct option_row *find_option(const char *arg, size_t len)
{
    for (const struct option_row *o = options; o < options + OPTION_COUNT; o++)
        if ((strlen(o->name) == len && memcmp(arg, o->name, len) == 0) || (o->abbreviation && strcmp(arg, o->abbreviation) == 0))
            return o;
    return NULL;
}

static int unknown(struct args *a, const char *what, const char *word, const char *nearest)
{
    if (nearest)
        return fail(a, "there is no %s '%s'; did you mean '%s'?", what, shown(word), nearest);
    return fail(a, "there is no %s '%s'; 'utcctl help' lists all", what, shown(word));
}

static int unknown_option(struct args *a, const char *arg)
{
    struct conf_nearest n = conf_nearest_start(arg);

    for (size_t i = 0; i < OPTION_COUNT; i++)
        conf_nearest_offer(&n, options[i].name);
    return unknown(a, "option", arg, n.best);
}

/* argv[*i] is an option; *i moves on when its value is the next argument. */
static int parse_option(struct args *a, int argc, const char *const *argv, int *i, unsigned *given)
{
    const char *arg = argv[*i], *value = strchr(arg, '=');
    const struct option_row *o = find_option(arg, value ? (size_t)(value - arg) : strlen(arg));

    if (!o)
        return unknown_option(a, arg);
    if (o->takes_value && !value && *i + 1 >= argc)
        return fail(a, "%s needs a value", o->name);
    if (!o->takes_value && value)
        return fail(a, "%s takes no value", o->name);
    *given |= 1u << (o - options);
    return o->set(a, !o->takes_value ? NULL : value ? value + 1 : argv[++*i]);
}

/* ---- words ---- */

static int parse_command(struct args *a, const char *word)
{
    struct conf_nearest n = conf_nearest_start(word);

    for (int c = 0; c < COMMAND_COUNT; c++) {
        if (strcmp(word, command_names[c]) == 0) {
            a->command = (enum command)c;
            return 0;
        }
        conf_nearest_offer(&n, command_names[c]);
    }
    for (int v = 0; v < FILE_VERBS; v++)
        if (strcmp(word, file_verb_name((enum file_verb)v)) == 0)
            return fail(a, "an option before '%s' does not go with it", word);
    for (int v = 0; v < FILE_VERBS; v++)
        conf_nearest_offer(&n, file_verb_name((enum file_verb)v));
    return unknown(a, "command", word, n.best);
}

static int parse_host(struct args *a, const char *word)
{
    int err = args_host_port(word, a->host, &a->port);

    if (err == -UE_RANGE)
        return fail(a, "the port in '%s' is not one of 1 to 65535", shown(word));
    if (err < 0)
        return fail(a, "'%s' is not HOST, HOST:PORT or [IPV6]:PORT", shown(word));
    return 0;
}

/* acl test ADDRESS */
static int parse_acl_word(struct args *a, unsigned nth, const char *word)
{
    if (nth == 1 && strcmp(word, "test") != 0)
        return fail(a, "'acl' knows 'test' only: utcctl acl test ADDRESS");
    if (nth == 2 && addr_from_text(word, 0, &a->address) < 0)
        return fail(a, "'%s' is not a numeric address", shown(word));
    return nth > 2 ? fail(a, "'acl test' takes one address, not '%s' as well", shown(word)) : 0;
}

/* Behind --what-if the words are the question's, before it or without it stories. */
static int parse_sim_word(struct args *a, const char *word)
{
    if (a->question[0])
        return add_to_question(a, word);
    if (a->word_count == ARGS_WORDS_MAX)
        return fail(a, "more than %d stories at once", ARGS_WORDS_MAX);
    a->word[a->word_count++] = word;
    return 0;
}

/* "lie s1 -10s": no option begins with a digit there. */
static bool is_number_of_question(const struct args *a, const char *arg)
{
    return a->command == COMMAND_SIM && a->question[0] && arg[1] >= '0' && arg[1] <= '9';
}

/* Is it one of the words in the list? */
static bool is_among(const char *list, const char *word)
{
    size_t len = strlen(word);

    if (len == 0)
        return false;
    for (const char *at = list; (at = strstr(at, word)) != NULL; at += len)
        if ((at == list || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return true;
    return false;
}

static int parse_words(struct args *a, const char *word)
{
    const struct words *w = &command_words[a->command];

    if (a->word_count == w->most)
        return fail(a, "'%s' takes no further argument '%s': %s", command_names[a->command], shown(word), w->hint);
    if (a->word_count == 0 && w->first[0] && !is_among(w->first, word))
        return fail(a, "'%s' does not know '%s': %s", command_names[a->command], shown(word), w->hint);
    a->word[a->word_count++] = word;
    return 0;
}

static int parse_word(struct args *a, unsigned nth, const char *word)
{
    if (nth == 0)
        return parse_command(a, word);
    if (nth == 1 && a->command == COMMAND_QUERY)
        return parse_host(a, word);
    if (a->command == COMMAND_SIM)
        return parse_sim_word(a, word);
    if (a->command == COMMAND_ACL)
        return parse_acl_word(a, nth, word);
    if (a->command == COMMAND_HELP) {
        a->about = word;
        return 0;
    }
    if (command_words[a->command].most > 0)
        return parse_words(a, word);
    return fail(a, "'%s' takes no argument '%s'", command_names[a->command], shown(word));
}

static int check_sim(struct args *a)
{
    bool asks = a->question[0] != '\0';

    if (asks == (a->word_count > 0))
        return fail(a, "'sim' needs either stories or a question: utcctl sim RUN.story, or utcctl sim --what-if 'cut 6h'");
    if (asks && (a->svg || a->seed >= 0))
        return fail(a, "--svg and --seed go with stories, not with a question");
    if (!asks && (a->json || a->print_story || a->socket))
        return fail(a, "--json, --print-story and --socket go with --what-if");
    if (a->svg && a->word_count > 1)
        return fail(a, "--svg names one picture, but there are %u stories", a->word_count);
    return 0;
}

/* What can be judged only when all is read. */
static int check(struct args *a, unsigned words, unsigned given)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if ((given & 1u << i) && !(options[i].commands & 1u << a->command))
            return fail(a, "%s does not go with '%s'", options[i].name, command_names[a->command]);
    if (words == 0 && a->command != COMMAND_HELP)
        return fail(a, "say what to do; 'utcctl help' lists all commands");
    if (a->command == COMMAND_QUERY && words < 2)
        return fail(a, "'query' needs the server to ask: utcctl query HOST[:PORT]");
    if (a->command == COMMAND_QUERY && a->timeout.ns > QUERY_TIMEOUT_MAX_NS)
        return fail(a, "--timeout of a query is at most 60s");
    if (a->count == 0)
        a->count = a->command == COMMAND_CLIENTS ? ARGS_CLIENTS : 1;
    if (a->command == COMMAND_ACL && a->address.family == ADDR_NONE)
        return fail(a, "say which address: utcctl acl test ADDRESS");
    if (a->command != COMMAND_ACL && a->word_count < command_words[a->command].least)
        return fail(a, "'%s' needs more: %s", command_names[a->command], command_words[a->command].hint);
    if (a->command == COMMAND_SOURCES && a->word_count == 1)
        return fail(a, "say which source: utcctl sources %s SOURCE", a->word[0]);
    return a->command == COMMAND_SIM ? check_sim(a) : 0;
}

int args_parse(int argc, const char *const *argv, struct args *out)
{
    unsigned words = 0, given = 0;
    int err = 0;

    *out = (struct args){ .command = COMMAND_STATUS, .service = "ntp", .seeds = 8, .seed = -1 };
    for (int i = 1; i < argc && err == 0; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '\0' && !is_number_of_question(out, argv[i]))
            err = parse_option(out, argc, argv, &i, &given);
        else
            err = parse_word(out, words++, argv[i]);
    }
    if (err == 0 && out->help && words > 0 && out->command != COMMAND_HELP)
        out->about = command_names[out->command];
    if (err == 0 && (out->help || out->command == COMMAND_HELP)) {
        out->command = COMMAND_HELP;
        return 0;
    }
    return err < 0 ? err : check(out, words, given);
}
