#include "sim/parser.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sim/value.h"

int parser_fail(struct parser *p, unsigned at, const char *format, ...)
{
    va_list args;

    p->error->line = p->line;
    p->error->column = p->word[at].column;
    va_start(args, format);
    vsnprintf(p->error->text, sizeof p->error->text, format, args);
    va_end(args);
    for (char *c = p->error->text; *c; c++) /* words of the story are quoted */
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return -UE_SYNTAX;
}

/* "X is not known here; did you mean Y?" */
int parser_fail_unknown(struct parser *p, unsigned at, const char *what, const char *const *words, size_t count)
{
    const char *near = nearest_word(p->word[at].text, words, count);

    if (p->word[at].text[0] == '\0')
        return parser_fail(p, at, "the line ends where %s is expected", what);
    if (near)
        return parser_fail(p, at, "\"%s\" is not %s; did you mean \"%s\"?", p->word[at].text, what, near);
    return parser_fail(p, at, "\"%s\" is not %s", p->word[at].text, what);
}

int parser_split(struct parser *p, const char *line)
{
    const char *at = line;

    p->count = 0;
    for (;;) {
        size_t len;

        at += strspn(at, " \t\r");
        p->word[p->count].column = (int)(at - line) + 1;
        p->word[p->count].text[0] = '\0';
        len = strcspn(at, " \t\r#");
        if (len == 0)
            return 0;
        if (len >= STORY_WORD_MAX)
            return parser_fail(p, p->count, "this word is too long");
        if (p->count + 1 >= PARSER_WORDS_MAX)
            return parser_fail(p, p->count, "too many words on one line");
        memcpy(p->word[p->count].text, at, len);
        p->word[p->count++].text[len] = '\0';
        at += len;
    }
}

int parser_node_find(const struct story *s, const char *name)
{
    for (unsigned i = 0; i < s->node_count; i++)
        if (strcmp(s->node[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* "a1..a4" is a prefix and two numbers; anything else one name (first > last on a malformed range). */
static void name_range(const char *text, char prefix[STORY_WORD_MAX], unsigned *first, unsigned *last)
{
    char a[STORY_WORD_MAX], b[STORY_WORD_MAX], *dots;
    size_t digits;

    snprintf(a, sizeof a, "%s", text);
    *first = *last = 0;
    dots = strstr(a, "..");
    snprintf(prefix, STORY_WORD_MAX, "%s", a);
    if (!dots)
        return;
    *dots = '\0';
    snprintf(b, sizeof b, "%s", dots + 2);
    for (digits = strlen(a); digits > 0 && isdigit((unsigned char)a[digits - 1]); digits--)
        ;
    snprintf(prefix, STORY_WORD_MAX, "%.*s", (int)digits, a);
    *first = (unsigned)atoi(a + digits);
    *last = strncmp(a, b, digits) == 0 ? (unsigned)atoi(b + digits) : 0;
}

/* Calls take() with each name of "a,b1..b3". */
static int each_name(struct parser *p, unsigned at, int (*take)(struct parser *, unsigned, const char *, void *), void *ctx)
{
    char list[STORY_WORD_MAX], *save = NULL;
    int err = 0;

    snprintf(list, sizeof list, "%s", p->word[at].text);
    for (char *part = strtok_r(list, ",", &save); part && err == 0; part = strtok_r(NULL, ",", &save)) {
        char prefix[STORY_WORD_MAX], name[STORY_WORD_MAX + 12];
        unsigned first, last;

        name_range(part, prefix, &first, &last);
        if (!strstr(part, "..")) {
            err = take(p, at, part, ctx);
            continue;
        }
        if (first == 0 || last < first || last - first >= STORY_NODES_MAX)
            return parser_fail(p, at, "\"%s\" is no range such as good1..good4", part);
        for (unsigned i = first; i <= last && err == 0; i++) {
            snprintf(name, sizeof name, "%s%u", prefix, i);
            err = take(p, at, name, ctx);
        }
    }
    return err;
}

static bool is_kind(const struct story *s, int node, enum node_kind kind)
{
    return node >= 0 && (kind == NODE_ANY || s->node[node].client == (kind == NODE_CLIENT));
}

struct known { uint64_t *set; enum node_kind kind; };

static int take_known(struct parser *p, unsigned at, const char *name, void *ctx)
{
    static const char *const what[] = { "the name of a server", "the name of a client", "the name of a node" };
    const struct known *k = ctx;
    const char *names[STORY_NODES_MAX];
    unsigned count = 0;
    int i = parser_node_find(p->story, name);

    if (is_kind(p->story, i, k->kind)) {
        *k->set |= UINT64_C(1) << i;
        return 0;
    }
    for (unsigned n = 0; n < p->story->node_count; n++)
        if (is_kind(p->story, (int)n, k->kind))
            names[count++] = p->story->node[n].name;
    return parser_fail_unknown(p, at, what[k->kind], names, count);
}

int parser_take_nodes(struct parser *p, unsigned at, uint64_t *set, enum node_kind kind)
{
    struct known k = { set, kind };

    return p->word[at].text[0] == '\0' ? take_known(p, at, "", &k) : each_name(p, at, take_known, &k);
}

static int take_new(struct parser *p, unsigned at, const char *name, void *ctx)
{
    struct statement *st = ctx;
    struct story *s = p->story;

    if (parser_node_find(s, name) >= 0)
        return parser_fail(p, at, "there is a node \"%s\" already", name);
    if (s->node_count == STORY_NODES_MAX || strlen(name) >= STORY_NAME_MAX)
        return parser_fail(p, at, "too many nodes, or too long a name");
    snprintf(s->node[s->node_count].name, STORY_NAME_MAX, "%s", name);
    s->node[s->node_count].client = st->deed == DEED_CLIENT;
    st->who |= UINT64_C(1) << s->node_count++;
    return 0;
}

int parser_take_new(struct parser *p, unsigned at, struct statement *st) { return each_name(p, at, take_new, st); }

bool parser_is_name_list(const struct parser *p, unsigned at, enum node_kind kind)
{
    char prefix[STORY_WORD_MAX];
    unsigned first, last;
    char list[STORY_WORD_MAX];

    snprintf(list, sizeof list, "%s", p->word[at].text);
    list[strcspn(list, ",")] = '\0';
    name_range(list, prefix, &first, &last);
    if (strstr(list, ".."))
        snprintf(list, sizeof list, "%.50s%u", prefix, first);
    return is_kind(p->story, parser_node_find(p->story, list), kind);
}

static size_t list_length(const char *const *list)
{
    size_t n = 0;

    while (list[n])
        n++;
    return n;
}

int parser_take_choice(struct parser *p, unsigned at, double *x, const char *what, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        if (strcmp(list[i], p->word[at].text) == 0) {
            *x = (double)i;
            return 0;
        }
    return parser_fail_unknown(p, at, what, list, list_length(list));
}

int parser_take_duration(struct parser *p, unsigned at, double *x)
{
    struct dur_ns d;

    if (!value_duration(p->word[at].text, &d))
        return parser_fail(p, at, "\"%s\" is no duration such as 20ms, 1h30m or -5us", p->word[at].text);
    *x = (double)d.ns;
    return 0;
}

int parser_take_ratio(struct parser *p, unsigned at, double *x)
{
    return value_ratio(p->word[at].text, x) ? 0 : parser_fail(p, at, "\"%s\" is no ratio such as 40ppm, 3ppb or 1e-9, of 0.1 at most", p->word[at].text);
}

int parser_take_integer(struct parser *p, unsigned at, double *x)
{
    int64_t i;

    if (!value_integer(p->word[at].text, &i))
        return parser_fail(p, at, "\"%s\" is no whole number", p->word[at].text);
    *x = (double)i;
    return 0;
}

int parser_take_word(struct parser *p, unsigned at, struct statement *st)
{
    if (p->word[at].text[0] == '\0')
        return parser_fail(p, at, "a word is missing");
    memcpy(st->word[st->word[0][0] != '\0'], p->word[at].text, STORY_WORD_MAX);
    return 0;
}

bool parser_row_word(const char *words, unsigned i, char word[STORY_WORD_MAX])
{
    size_t len;

    for (; i > 0; i--) {
        words += strcspn(words, " ");
        words += strspn(words, " ");
    }
    len = strcspn(words, " ");
    snprintf(word, STORY_WORD_MAX, "%.*s", (int)len, words);
    return len > 0;
}

bool parser_words_match(const struct parser *p, unsigned at, const char *words, unsigned *length)
{
    char slot[STORY_WORD_MAX];
    unsigned i;

    for (i = 0; parser_row_word(words, i, slot); i++)
        if (strcmp(slot, p->word[at + i].text) != 0)
            return false;
    *length = i;
    return true;
}
