/* show_verdict: a sentence for each status, and what to do where there is no time. */
#include "cli/show.h"

#include <string.h>

#include "base/log.h"
#include "cli/table.h"

/* Why none is followed. */
static const char *of_no_source(const struct snapshot *s, const char *otherwise)
{
    unsigned offline = 0;

    for (uint32_t i = 0; i < s->source_count; i++)
        offline += s->source[i].state == SOURCE_OFFLINE;
    if (show_source_total(s) == 0)
        return "no source is configured";
    return offline > 0 && offline == s->source_count ? "every source was taken offline" : otherwise;
}

/* For the polls until it holds over. */
static void say_follows_nobody(const struct snapshot *s, const char *bound, unsigned width, FILE *out)
{
    struct dur_ns age = utc_sub(page_utc(&s->page, s->now), s->page.reference_time);
    char ago[24];

    text_sentence(width, out, "Synchronised when last measured, %s ago, but %s now; true time is within ±%s.", ns_to_text(age.ns, ago),
                  of_no_source(s, "no source is followed"), bound);
}

static void say_synchronised(const struct snapshot *s, const char *bound, unsigned width, FILE *out)
{
    unsigned total = show_source_total(s);

    if (s->page.sources_selected == 0) {
        say_follows_nobody(s, bound, width, out);
        return;
    }
    text_sentence(width, out, "Synchronised to %u of %u source%s; true time is within ±%s.", s->page.sources_selected, total, total == 1 ? "" : "s", bound);
}

static bool any_is_heard(const struct snapshot *s)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        if (s->source[i].state == SOURCE_NEW || s->source[i].state == SOURCE_FALSETICKER || s->source[i].state == SOURCE_REFUSED)
            return true;
    return false;
}

static void say_holdover(const struct snapshot *s, const char *bound, unsigned width, FILE *out)
{
    text_sentence(width, out, "Holding over: %s; true time is still within ±%s, which grows by %.3g ppm.",
                  of_no_source(s, any_is_heard(s) ? "no source is followed" : "every source is silent"), bound, s->page.growth_silent * 1e6);
}

static void say_local(const struct snapshot *s, const char *bound, unsigned width, FILE *out)
{
    text_sentence(width, out, "Local: no source is followed; by the operator's statement `local` time is served at stratum %u, said to be within ±%s.",
                  s->page.stratum, bound);
}

static void say_free_running(const struct snapshot *s, const char *bound, unsigned width, FILE *out)
{
    (void)s;
    text_sentence(width, out,
                  "Not synchronised: free-running. Time may be off by ±%s, more than holdover.max_error permits: every source has been silent for too long, or "
                  "is that far off itself. It is no longer served as right.", bound);
}

static void say_disrupted(const struct snapshot *s, const char *bound, unsigned width, FILE *out)
{
    (void)s;
    (void)bound;
    text_sentence(width, out, "Not synchronised: the clock was disturbed (sleep, migration, or another program set it) and is being measured again.");
}

static void say_unsynchronised(const struct snapshot *s, const char *bound, unsigned width, FILE *out)
{
    char hint[4 * SNAPSHOT_TEXT_MAX] = "nothing is known about the time yet";

    (void)bound;
    if (s->hint[0])
        text_printable(s->hint, hint, sizeof hint);
    text_sentence(width, out, "Not synchronised: %s%s", hint, hint[strlen(hint) - 1] == '?' ? "" : ".");
}

static void (*const say[CLOCK_STATUS_COUNT])(const struct snapshot *, const char *, unsigned, FILE *) = {
    [CLOCK_UNSYNCHRONISED] = say_unsynchronised, [CLOCK_SYNCHRONISED] = say_synchronised, [CLOCK_HOLDOVER] = say_holdover,
    [CLOCK_FREE_RUNNING] = say_free_running,     [CLOCK_DISRUPTED] = say_disrupted,       [CLOCK_LOCAL] = say_local,
};

static bool is_named(const struct snapshot *s, enum problem_kind kind)
{
    for (uint32_t i = 0; i < s->problems.count; i++)
        if (s->problems.item[i].kind == kind)
            return true;
    return false;
}

/* The state most sources are in, the worst first where it decides. */
static const char *advice(const struct snapshot *s)
{
    unsigned n[SOURCE_STATE_COUNT + 1] = { 0 };

    for (uint32_t i = 0; i < s->source_count; i++)
        n[s->source[i].state]++;
    if (s->source_count == 0)
        return "Name at least one server under `sources:` in the configuration; four let one of them be wrong.";
    if (n[SOURCE_OFFLINE] == s->source_count)
        return "Every source was taken offline: `utcctl sources online SOURCE` has one asked again.";
    if (is_named(s, PROBLEM_STEP_BUDGET))
        return "If the step is right, set the clock by hand, or raise clock.step_budget.";
    if (is_named(s, PROBLEM_PANIC))
        return "Compare with a clock that you trust; if the sources are right, restart the daemon, or raise clock.panic_threshold.";
    if (n[SOURCE_FALSETICKER] > 0 || is_named(s, PROBLEM_NO_MAJORITY))
        return "Compare the sources with `utcctl sources`; with four or more, one wrong source is outvoted.";
    if (n[SOURCE_RESOLVING] == s->source_count)
        return "Check the network and the name server (`getent hosts NAME`), or configure numeric addresses.";
    if (is_named(s, PROBLEM_NO_KEYS))
        return "See the reason below; what NTS takes is a way to TCP port 4460, an authority that is trusted here, and the right date.";
    if (is_named(s, PROBLEM_KEY_UNFIT))
        return "A source is not asked, because no key of ours is good for it now: see below.";
    if (n[SOURCE_REFUSED] > 0)
        return "A source answers, but says itself that its time is not to be used: `utcctl sources` tells why. Choose another.";
    if (n[SOURCE_UNREACHABLE] + n[SOURCE_RESOLVING] == s->source_count)
        return "Check the network, and that a firewall lets UDP port 123 out: `utcctl query HOST` asks a server once. For a reference clock see its program.";
    return "Wait for a few polls: `utcctl wait-sync` returns when it is done.";
}

void show_verdict(const struct snapshot *s, const struct clock_view *v, unsigned width, FILE *out)
{
    char bound[24];

    say[v->status](s, ns_to_text(clock_view_bound(v).ns, bound), width, out);
    if (v->stratum == 0)
        text_sentence(width, out, "What to do: %s", advice(s));
    fputc('\n', out);
}
