#include "clock/leap_vote.h"

#include "clock/estimate.h"
#include "clock/select.h"

/* What a source can say: but for the first, the leap second that it announces, and WORD_NONE. */
enum { WORD_MISSING, WORD_DELETE, WORD_NONE, WORD_INSERT, WORDS };

/* Does it follow a member that stands aside? Members follow us where we have UTC: what such a source says of leap seconds it has from us. */
static bool is_echo(const struct clock *c, const struct clock_source *s)
{
    uint32_t upstream = select_upstream(s);

    for (unsigned i = 0; upstream && i < CLOCK_SOURCES_MAX; i++)
        if (c->source[i].used && c->source[i].aside && c->source[i].refid == upstream)
            return true;
    return false;
}

/* Who smears announces nothing; but what he does may have been seen. Nor does who is in doubt himself, or says what we said. */
static unsigned word_of(const struct clock *c, const struct clock_source *s)
{
    static const uint8_t seen[] = { [DOUBT_SEEN_NONE] = WORD_NONE, [DOUBT_SEEN_INSERT] = WORD_INSERT, [DOUBT_SEEN_DELETE] = WORD_DELETE };

    if (s->smear != SMEAR_NONE)
        return c->leap.doubted.ns != 0 ? seen[s->seen] : WORD_MISSING;
    if (untold_is_no_word(&s->last) || is_echo(c, s))
        return WORD_MISSING;
    return s->last.leap == LEAP_INSERT ? WORD_INSERT : s->last.leap == LEAP_DELETE ? WORD_DELETE : WORD_NONE;
}

struct count { unsigned used, heard, word[WORDS], recent, recent_none; bool smearing; };

static void hear(const struct clock *c, const struct clock_source *s, struct count *n)
{
    unsigned word = word_of(c, s);
    bool recent = untold_is_recent(c, &s->last);

    n->heard++;
    n->word[word]++;
    n->recent += recent;
    n->recent_none += recent && word == WORD_NONE;
    n->smearing = n->smearing || (word == WORD_MISSING && s->smear != SMEAR_NONE);
}

static struct count count_words(const struct clock *c)
{
    struct count n = { .used = 0 };

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &c->source[i];

        if (!s->used || s->aside)
            continue;
        n.used += !s->offline;
        if (s->state == CLOCK_SOURCE_SELECTED || s->state == CLOCK_SOURCE_OUTLIER)
            hear(c, s, &n);
    }
    return n;
}

struct leap_vote leap_vote(const struct clock *c)
{
    struct count n = count_words(c);
    unsigned all = c->policy.electorate > n.heard ? c->policy.electorate : n.heard, beside = n.smearing;
    struct untold_words lately = { 2 * n.recent_none + beside > all, 2 * n.recent > all };

    for (unsigned i = WORD_DELETE; i < WORDS; i++)
        if (2 * n.word[i] + beside > all)
            return (struct leap_vote){ (int32_t)i - WORD_NONE, true, 2 * n.word[i] > all, n.word[i], n.used, lately };
    return (struct leap_vote){ .lately = lately };
}

unsigned leap_vote_could(const struct clock *c)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++)
        n += c->source[i].used && !c->source[i].offline && !c->source[i].aside && c->source[i].smear == SMEAR_NONE;
    return n;
}

bool leap_vote_is_since(const struct clock *c, struct tai_ns since)
{
    unsigned n = 0;

    for (unsigned i = 0; i < CLOCK_SOURCES_MAX; i++) {
        const struct clock_source *s = &c->source[i];
        bool agrees = select_counts(s) && (s->state == CLOCK_SOURCE_SELECTED || s->state == CLOCK_SOURCE_OUTLIER);

        n += agrees && !tai_before(estimate_tai(&c->estimate, s->last.at), since);
    }
    return n > c->policy.electorate / 2;
}
