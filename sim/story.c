#include "sim/story.h"

#include <stdlib.h>
#include <string.h>

#include "sim/parser.h"
#include "sim/value.h"

static void *append(void *list, size_t *count, size_t size)
{
    void *grown = reallocarray(list, *count + 1, size);

    if (!grown)
        abort();
    memset((char *)grown + *count * size, 0, size);
    (*count)++;
    return grown;
}

static const struct quantity_row *quantity_find(const struct parser *p, unsigned at, bool of_source, unsigned *length)
{
    for (unsigned i = 0; i < quantity_row_count; i++)
        if (quantity_rows[i].of_source == of_source && parser_words_match(p, at, quantity_rows[i].words, length))
            return &quantity_rows[i];
    return NULL;
}

static int fail_choice(struct parser *p, unsigned at, const char *(*choice)(int))
{
    const char *names[80];
    size_t count = 0;

    while (count < sizeof names / sizeof names[0] && (names[count] = choice((int)count)) != NULL)
        count++;
    return parser_fail_unknown(p, at, "a word that can stand here", names, count);
}

/* [verdict or event] [comparison] value */
static int parse_value(struct parser *p, unsigned at, const struct quantity_row *q, struct expectation *e)
{
    int c;

    if (q->kind == VALUE_NONE) {
        e->comparison = COMPARE_EQUAL;
        e->limit = q->must;
        return at < p->count ? parser_fail(p, at, "nothing more is expected on this line") : 0;
    }
    if (q->choice && q->kind != VALUE_CHOICE && (e->choice = choice_find(q->choice, p->word[at++].text)) < 0)
        return fail_choice(p, at - 1, q->choice);
    e->comparison = COMPARE_EQUAL;
    for (c = 0; c < COMPARE_COUNT && strcmp(comparison_words[c], p->word[at].text) != 0; c++)
        ;
    if (c < COMPARE_COUNT) {
        e->comparison = (enum comparison)c;
        at++;
    } else if (q->kind != VALUE_CHOICE) {
        return parser_fail_unknown(p, at, "a comparison", comparison_words, COMPARE_COUNT);
    }
    if (at + 1 < p->count)
        return parser_fail(p, at + 1, "nothing more is expected on this line");
    if (q->kind == VALUE_CHOICE) {
        int index = choice_find(q->choice, p->word[at].text);

        e->limit = index;
        return index < 0 ? fail_choice(p, at, q->choice) : 0;
    }
    if (q->kind == VALUE_DURATION)
        return parser_take_duration(p, at, &e->limit);
    return q->kind == VALUE_RATIO ? parser_take_ratio(p, at, &e->limit) : parser_take_integer(p, at, &e->limit);
}

static int parse_window(struct parser *p, unsigned *at, struct expectation *e)
{
    static const char *const words[] = { "by", "from", "until", "once" };
    double ns = 0;
    int err = 0;

    for (; err == 0; *at += 2) {
        const char *w = p->word[*at].text;

        if (strcmp(w, "once") == 0) {
            e->once = true;
            *at -= 1;
            continue;
        }
        if (strcmp(w, words[0]) != 0 && strcmp(w, words[1]) != 0 && strcmp(w, words[2]) != 0)
            return 0;
        err = parser_take_duration(p, *at + 1, &ns);
        if (err == 0)
            *(w[0] == 'u' ? &e->until : &e->from) = (struct dur_ns){ (int64_t)ns };
    }
    return err;
}

/* expect CLIENT [by T | from T] [until T] [once] [SERVER] QUANTITY ...; the times may follow the source as well */
static int parse_expect(struct parser *p, unsigned at, struct dur_ns moment, bool timed, const char *text)
{
    struct expectation e = { .line = p->line, .source = EXPECT_NO_SOURCE, .from = moment, .until = { timed ? moment.ns : INT64_MAX } };
    const struct quantity_row *q;
    uint64_t who = 0;
    unsigned length = 0;
    int err = parser_take_nodes(p, at, &who, NODE_CLIENT);

    at++;
    if (err == 0)
        err = parse_window(p, &at, &e);
    if (err)
        return err;
    e.source = parser_node_find(p->story, p->word[at].text);
    at += e.source >= 0;
    err = parse_window(p, &at, &e);
    if (err)
        return err;
    q = quantity_find(p, at, e.source >= 0, &length);
    if (!q) {
        const char *known[64];
        size_t count = 0;

        for (unsigned i = 0; i < quantity_row_count; i++)
            if (quantity_rows[i].of_source == (e.source >= 0))
                known[count++] = quantity_rows[i].words;
        return parser_fail_unknown(p, at, e.source >= 0 ? "something a client knows of a source" : "a quantity of a client, or a source", known, count);
    }
    e.quantity = q->quantity;
    err = parse_value(p, at + length, q, &e);
    snprintf(e.text, sizeof e.text, "%s", text);
    for (unsigned n = 0; err == 0 && n < p->story->node_count; n++)
        if (who >> n & 1) {
            p->story->expectation = append(p->story->expectation, &p->story->expectation_count, sizeof e);
            e.node = n;
            p->story->expectation[p->story->expectation_count - 1] = e;
        }
    return err;
}

static int parse_line(struct parser *p, const char *text)
{
    struct statement st = { .line = p->line };
    bool timed = false, mutant = false;
    unsigned at = 0;
    double ns = 0;
    int err;

    if (p->count == 0)
        return 0;
    if (strcmp(p->word[at].text, "mutant") == 0) {
        mutant = true;
        at++;
    }
    if (strcmp(p->word[at].text, "at") == 0) {
        err = parser_take_duration(p, at + 1, &ns);
        if (err)
            return err;
        st.at = (struct dur_ns){ (int64_t)ns };
        timed = true;
        at += 2;
    }
    at += strcmp(p->word[at].text, "always") == 0;
    if (strcmp(p->word[at].text, "expect") == 0)
        return mutant ? parser_fail(p, at, "a mutant changes the world, not what is expected") : parse_expect(p, at + 1, st.at, timed, text);
    err = parser_deed(p, at, &st);
    if (err)
        return err;
    if (mutant) {
        p->story->mutant = append(p->story->mutant, &p->story->mutant_count, sizeof st);
        p->story->mutant[p->story->mutant_count - 1] = st;
        return 0;
    }
    p->story->statement = append(p->story->statement, &p->story->statement_count, sizeof st);
    p->story->statement[p->story->statement_count - 1] = st;
    return 0;
}

int story_parse(struct story *s, const char *name, const char *text, struct story_error *error)
{
    struct parser p = { .story = s, .error = error };
    char line[PARSER_LINE_MAX];
    int err = 0;

    *s = (struct story){ .seed = 1, .run = { 86400 * NS_PER_S }, .probe = { NS_PER_S } };
    s->start = (struct utc_ns){ INT64_C(1795392000) * NS_PER_S }; /* 2026-11-23 */
    snprintf(s->name, sizeof s->name, "%s", name);
    while (err == 0 && *text != '\0') {
        size_t len = strcspn(text, "\n");

        p.line++;
        p.count = 0;
        p.word[0].column = 1;
        snprintf(line, sizeof line, "%.*s", (int)(len < sizeof line ? len : sizeof line - 1), text);
        err = len >= sizeof line ? parser_fail(&p, 0, "this line is too long") : parser_split(&p, line);
        line[strcspn(line, "#")] = '\0';
        if (err == 0)
            err = parse_line(&p, line + strspn(line, " \t"));
        text += len + (text[len] == '\n');
    }
    return err;
}

void story_free(struct story *s)
{
    free(s->statement);
    free(s->mutant);
    free(s->expectation);
    *s = (struct story){ 0 };
}
