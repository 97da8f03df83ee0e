/* show_status and show_clock. */
#include "cli/show.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "cli/table.h"

#define LABEL_COLUMNS 16u
#define NS_TEXT 24

__attribute__((format(printf, 4, 5))) static void fact(const char *label, unsigned width, FILE *out, const char *format, ...)
{
    char text[1152];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    show_fact(label, text, width, out);
}

void show_fact(const char *label, const char *text, unsigned width, FILE *out)
{
    fprintf(out, "  %-*s", (int)LABEL_COLUMNS, label);
    text_wrap(text, LABEL_COLUMNS + 2, LABEL_COLUMNS + 2, width, out);
}

const char *show_offset(int64_t offset_ns, const char *subject, char *out, size_t size)
{
    char ns[NS_TEXT];

    snprintf(out, size, "%s%s: %s is %s", offset_ns > 0 ? "+" : "", ns_to_text(offset_ns, ns), subject,
             offset_ns > 0 ? "behind" : offset_ns < 0 ? "ahead" : "exactly right");
    return out;
}

/* ---- facts ---- */

static void show_now(const struct clock_view *v, unsigned width, FILE *out)
{
    char now[CIVIL_TEXT_MAX];

    fact("UTC now", width, out, "%s", utc_to_text(v->utc, 6, now));
}

static void show_mode(const struct snapshot *s, unsigned width, FILE *out)
{
    char reason[4 * SNAPSHOT_TEXT_MAX], mode[4 * SNAPSHOT_NAME_MAX];

    if (s->clock_mode[0])
        fact("Clock", width, out, "%s%s%s", text_printable(s->clock_mode, mode, sizeof mode), s->clock_reason[0] ? ": " : "",
             text_printable(s->clock_reason, reason, sizeof reason));
}

static void show_stratum(const struct clock_view *v, unsigned width, FILE *out)
{
    char refid[REFID_TEXT_MAX];

    if (v->stratum)
        fact("Stratum", width, out, "%u, reference %s", v->stratum, refid_to_text(v->refid, v->stratum, refid));
    else
        fact("Stratum", width, out, "none: clients are told not to use this clock");
}

static void show_oscillator(const struct snapshot *s, unsigned width, FILE *out)
{
    if (s->freq_ppm == 0)
        fact("Oscillator", width, out, "its frequency error is not known yet");
    else
        fact("Oscillator", width, out, "%.3f ppm %s, known to ±%.3f ppm", fabs(s->freq_ppm), s->freq_ppm >= 0 ? "slow" : "fast", s->skew_ppm);
}

/* system_clock_error is the kernel's UTC minus ours; the fact is told the other way round, as every offset. */
static void show_system_clock(const struct snapshot *s, unsigned width, FILE *out)
{
    char text[96];

    if (s->page.system_clock_error.ns)
        fact("System clock", width, out, "%s", show_offset(ns_sub(0, s->page.system_clock_error.ns), "it", text, sizeof text));
}

static void show_certificate(const struct snapshot *s, unsigned width, FILE *out)
{
    struct clock_view v;
    char at[CIVIL_TEXT_MAX], left[NS_TEXT];

    if (s->certificate_expires.ns == 0)
        return;
    page_view(&s->page, s->now, &v);
    if (utc_earlier(s->certificate_expires, v.utc))
        fact("NTS server", width, out, "its certificate has expired: %s", utc_to_text(s->certificate_expires, 0, at));
    else
        fact("NTS server", width, out, "%llu of %llu handshakes gave keys; certificate good for %s, until %s", (unsigned long long)s->handshakes_granted,
             (unsigned long long)s->handshakes, ns_to_text(utc_sub(s->certificate_expires, v.utc).ns, left), utc_to_text(s->certificate_expires, 0, at));
}

static void show_uptime(const struct snapshot *s, unsigned width, FILE *out)
{
    char up[NS_TEXT], version[4 * SNAPSHOT_NAME_MAX];

    if (s->version[0])
        fact("Daemon", width, out, "simple-utcd %s, running for %s, %llu step%s of the clock", text_printable(s->version, version, sizeof version),
             ns_to_text(s->uptime.ns, up), (unsigned long long)s->steps, s->steps == 1 ? "" : "s");
}

#define BUDGET_NO_LIMIT_NS (INT64_C(3650) * 86400 * NS_PER_S) /* decades are no budget anybody means */

static void show_steps(const struct snapshot *s, unsigned width, FILE *out)
{
    char stepped[NS_TEXT], budget[NS_TEXT];

    if (s->step_budget.ns < BUDGET_NO_LIMIT_NS && s->step_budget.ns + s->stepped.ns > 0)
        fact("Steps", width, out, "%s of the %s that clock.step_budget allows", ns_to_text(s->stepped.ns, stepped), ns_to_text(s->step_budget.ns, budget));
    else if (s->stepped.ns)
        fact("Steps", width, out, "%s in all since the first synchronisation ever", ns_to_text(s->stepped.ns, stepped));
}

unsigned show_source_total(const struct snapshot *s)
{
    return s->source_count > s->page.sources_total ? s->source_count : s->page.sources_total;
}

static unsigned in_state(const struct snapshot *s, enum source_state state)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < s->source_count; i++)
        n += s->source[i].state == state;
    return n;
}

static void show_source_counts(const struct snapshot *s, const struct clock_view *v, unsigned width, FILE *out)
{
    char hint[4 * SNAPSHOT_TEXT_MAX], out_of_it[24] = "";
    unsigned offline = in_state(s, SOURCE_OFFLINE), followed = s->page.sources_selected, wrong = s->page.sources_false;

    if (s->source_count > 0) { /* the page has what was so when it was written */
        followed = in_state(s, SOURCE_SELECTED);
        wrong = in_state(s, SOURCE_FALSETICKER);
    }
    if (offline)
        snprintf(out_of_it, sizeof out_of_it, ", %u offline", offline);
    fact("Sources", width, out, "%u configured, %u answering, %u followed, %u false%s", show_source_total(s), s->page.sources_reachable,
         followed, wrong, out_of_it);
    if (v->stratum != 0 && s->hint[0])
        fact("", width, out, "%s", text_printable(s->hint, hint, sizeof hint));
}

/* Why requests were not answered, for the most part: a key that does not fit, or a list that is too strict, where the clients see silence alone. */
static void show_unanswered(const struct snapshot_service *v, unsigned width, FILE *out)
{
    int most = VERDICT_ANSWERED + 1;

    for (int i = most; i < VERDICT_SERVICE_COUNT; i++)
        most = v->verdict[i] > v->verdict[most] ? i : most;
    if (v->verdict[most])
        fact("", width, out, "not answered, most of all: %s (%llu)", verdict_text((enum verdict)most), (unsigned long long)v->verdict[most]);
}

static void show_services(const struct snapshot *s, unsigned width, FILE *out)
{
    char name[4 * SNAPSHOT_SERVICE_NAME_MAX];

    for (uint32_t i = 0; i < s->service_count; i++) {
        const struct snapshot_service *v = &s->service[i];
        char ahead[NS_TEXT];

        if (v->ahead.ns)
            fact("Transmit stamps", width, out, "are put %s ahead: so much later answers really leave", ns_to_text(v->ahead.ns, ahead));
        if (!v->requests)
            continue;
        fact("Served", width, out, "%s: %llu request%s, %llu answered", text_printable(v->name, name, sizeof name), (unsigned long long)v->requests,
             v->requests == 1 ? "" : "s", (unsigned long long)v->verdict[VERDICT_ANSWERED]);
        show_unanswered(v, width, out);
    }
}

void show_cards(const struct snapshot *s, unsigned width, FILE *out)
{
    char name[4 * SNAPSHOT_CARD_NAME_MAX], text[4 * SNAPSHOT_TEXT_MAX];

    for (uint32_t i = 0; i < s->card_count; i++)
        fact("Hardware stamps", width, out, "%s: %s", text_printable(s->card[i].name, name, sizeof name), text_printable(s->card[i].text, text, sizeof text));
    for (uint32_t i = 0; i < s->xdp_count; i++)
        fact("XDP", width, out, "%s: %s", text_printable(s->xdp[i].name, name, sizeof name), text_printable(s->xdp[i].text, text, sizeof text));
}

static void show_problems(const struct snapshot *s, unsigned width, FILE *out)
{
    for (uint32_t i = 0; i < s->problems.count; i++) {
        const struct problem *p = &s->problems.item[i];
        char sentence[PROBLEM_SENTENCE_MAX], shown[4 * PROBLEM_SENTENCE_MAX], age[NS_TEXT];

        fact(i ? "" : s->problems.count == 1 ? "Problem" : "Problems", width, out, "%s (%s, for %s)",
             text_printable(problem_sentence(p, sentence), shown, sizeof shown), problem_text((enum problem_kind)p->kind)->id, ns_to_text(p->age.ns, age));
    }
}

/* What the error bound rests on, in short; show_assumptions has all of it, with the keys. */
static void show_assumed(const struct snapshot *s, unsigned width, FILE *out)
{
    const bool local = s->page.status == CLOCK_LOCAL && s->limits.local_stratum > 0;
    char ns[NS_TEXT];

    if (local)
        fact("Assumed", width, out, "this machine's clock was within %s of the truth (local.error); 'utcctl clock' has all of it",
             ns_to_text(s->limits.local_error.ns, ns));
    else if (s->max_drift_ppm > 0)
        fact("Assumed", width, out,
             "most sources are truthful; a frequency within %.3g ppm of what is learnt, %.3g ppm in silence; 'utcctl clock' has all of it", s->max_drift_ppm,
             s->max_drift_silent_ppm);
}

/* The leap second that is known. */
static void show_leap_second(const struct page_data *p, const struct clock_view *v, unsigned width, FILE *out)
{
    char at[CIVIL_TEXT_MAX];

    if (p->leap_delta_s != 0)
        fact("Leap second", width, out, "one %s %s before %s", tai_before(v->tai, p->leap_at) ? "is" : "was", p->leap_delta_s > 0 ? "inserted" : "left out",
             utc_to_text(page_leap_midnight(p), 0, at));
}

#define LARGE_CORRECTION_NS (10 * NS_PER_MS)    /* what shows in the bound of most clocks */

static void show_slew(const struct snapshot *s, unsigned width, FILE *out)
{
    char total[NS_TEXT], left[NS_TEXT];

    if (s->page.slew.ns && mono_before(s->now, s->page.slew_end))
        fact("Correction", width, out, "of %s is being worked off, done in %s", ns_to_text(ns_sub(0, s->page.slew.ns), total),
             ns_to_text(mono_sub(s->page.slew_end, s->now).ns, left));
}

void show_status(const struct snapshot *s, unsigned width, FILE *out)
{
    struct clock_view v;

    page_view(&s->page, s->now, &v);
    show_verdict(s, &v, width, out);
    show_problems(s, width, out);
    show_now(&v, width, out);
    show_leap_second(&s->page, &v, width, out);
    show_stratum(&v, width, out);
    show_source_counts(s, &v, width, out);
    show_mode(s, width, out);
    show_system_clock(s, width, out);
    show_oscillator(s, width, out);
    if (dur_before((struct dur_ns){ LARGE_CORRECTION_NS }, dur_abs(s->page.slew)))
        show_slew(s, width, out);
    show_assumed(s, width, out);
    show_steps(s, width, out);
    show_cards(s, width, out);
    show_services(s, width, out);
    show_certificate(s, width, out);
    show_uptime(s, width, out);
}

/* ---- clock ---- */

static const char *plus(struct dur_ns d) { return d.ns > 0 ? "+" : ""; }

static void show_bound(const struct clock_view *v, unsigned width, FILE *out)
{
    char early[NS_TEXT], late[NS_TEXT];

    fact("True UTC", width, out, "between %s%s and %s%s from it", plus(utc_sub(v->earliest, v->utc)), ns_to_text(utc_sub(v->earliest, v->utc).ns, early),
         plus(utc_sub(v->latest, v->utc)), ns_to_text(utc_sub(v->latest, v->utc).ns, late));
}

static void show_leap_source(const struct snapshot *s, const struct clock_view *v, unsigned width, FILE *out)
{
    static const struct { const char *word, *text; } sources[] = {
        { "list", "a leap-seconds.list" }, { "zone", "the time zone files" }, { "sources", "the sources' announcements alone" },
        { "none", "nothing but the sources' announcements" },
    };
    char at[CIVIL_TEXT_MAX];

    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if (strcmp(s->leap_source, sources[i].word) == 0 && s->leap_expires.ns)
            fact("Known from", width, out, "%s, %s %s", sources[i].text, utc_earlier(v->utc, s->leap_expires) ? "valid until" : "expired since",
                 utc_to_text(s->leap_expires, 0, at));
        else if (strcmp(s->leap_source, sources[i].word) == 0)
            fact("Known from", width, out, "%s", sources[i].text);
}

static void show_leap(const struct snapshot *s, const struct clock_view *v, unsigned width, FILE *out)
{
    const struct page_data *p = &s->page;

    fact("TAI", width, out, "UTC + %lld s", (long long)((v->tai.ns - v->utc.ns) / NS_PER_S));
    if (p->leap_delta_s == 0)
        fact("Leap second", width, out, "none announced");
    show_leap_second(p, v, width, out);
    show_leap_source(s, v, width, out);
}

static void show_root(const struct clock_view *v, unsigned width, FILE *out)
{
    char delay[NS_TEXT], dispersion[NS_TEXT];

    fact("Root delay", width, out, "%s to the reference clock and back", ns_to_text(v->root_delay.ns, delay));
    fact("Root dispersion", width, out, "%s", ns_to_text(v->root_dispersion.ns, dispersion));
}

static void show_age(const struct snapshot *s, unsigned width, FILE *out)
{
    char age[NS_TEXT];

    fact("Page", width, out, "last written %s ago", ns_to_text(mono_sub(s->now, s->page.heartbeat).ns, age));
}

static bool ever_heard_of_a_source(const struct snapshot *s)
{
    bool heard = s->page.sources_total > 0 && s->source_count == 0; /* the page alone does not tell */

    for (uint32_t i = 0; i < s->source_count; i++)
        heard = heard || s->source[i].last_answer_age.ns >= 0;
    return heard;
}

static void assume_frequency(const struct snapshot *s, unsigned width, FILE *out)
{
    char text[300];
    int len;

    if (s->max_drift_ppm <= 0)
        return;
    len = snprintf(text, sizeof text, "  - the oscillator stays within %.3g ppm of its learnt frequency (clock.max_drift), %.3g ppm once every source has been "
                   "silent for 8 polls (clock.max_drift_silent)", s->max_drift_ppm, s->max_drift_silent_ppm);
    if (s->limits.max_frequency_ppm > 0)
        snprintf(text + len, sizeof text - (size_t)len, ", and is never more than %.6g ppm off (clock.max_frequency),", s->limits.max_frequency_ppm);
    else
        snprintf(text + len, sizeof text - (size_t)len, ",");
    text_wrap(text, 0, 4, width, out);
}

/* The declared assumptions, by the keys that change them. */
static void show_assumptions(const struct snapshot *s, unsigned width, FILE *out)
{
    char text[200], ns[NS_TEXT];

    fputs("\nThe bound is true as long as\n", out);
    if (s->page.status == CLOCK_LOCAL && s->limits.local_stratum > 0) {
        snprintf(text, sizeof text, "  - this machine's clock was within %s of the truth before any source was heard (local.error),",
                 ns_to_text(s->limits.local_error.ns, ns));
        text_wrap(text, 0, 4, width, out);
    }
    if (s->page.status != CLOCK_LOCAL || ever_heard_of_a_source(s))
        text_wrap("  - more than half of the usable sources are truthful within their own root distance,", 0, 4, width, out);
    assume_frequency(s, width, out);
    text_wrap("  - the machine's monotonic clock is not stopped unnoticed.", 0, 4, width, out);
}

void show_clock(const struct snapshot *s, unsigned width, FILE *out)
{
    struct clock_view v;

    page_view(&s->page, s->now, &v);
    show_verdict(s, &v, width, out);
    show_now(&v, width, out);
    show_bound(&v, width, out);
    show_leap(s, &v, width, out);
    show_stratum(&v, width, out);
    show_root(&v, width, out);
    show_slew(s, width, out);
    show_oscillator(s, width, out);
    show_mode(s, width, out);
    show_system_clock(s, width, out);
    show_age(s, width, out);
    show_assumptions(s, width, out);
}
