#include "sim/twin.h"

#include <math.h>
#include <stdlib.h>

#define WARM_MIN_S 900.0
#define WARM_MAX_S 21600.0
#define AFTER_S 21600.0         /* how long the answer looks ahead; behind a cut, AFTER_CUT_S more */
#define AFTER_CUT_S 3600.0
#define PROBES_MAX 20000.0
#define PACKETS_MAX 20000.0     /* of one run: sources polled more often than that allows are simulated with longer polls */
#define LOSS_ASKED_MIN 20       /* fewer questions say nothing about loss */
#define LOSS_MAX 0.9
#define OFFSET_MAX_NS (INT64_C(3650) * 86400 * NS_PER_S)
#define BUDGET_MAX_NS (INT64_C(36500) * 86400 * NS_PER_S)
#define WARMING_STEPS 30        /* minutes in which a temperature changes */

static double clamp(double v, double low, double high) { return fmin(fmax(v, low), high); }

static int64_t ns_within(struct dur_ns d, int64_t high_ns) { return d.ns < 0 ? 0 : d.ns > high_ns ? high_ns : d.ns; }

static int64_t offset_within(struct dur_ns d, int64_t high_ns) { return d.ns < 0 ? -ns_within(dur_neg(d), high_ns) : ns_within(d, high_ns); }

static bool is_measured(const struct snapshot_source *s) { return s->last_answer_age.ns >= 0 && s->state != SOURCE_OFFLINE; }

bool twin_possible(const struct snapshot *s)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        if (is_measured(&s->source[i]))
            return true;
    return false;
}

bool twin_has_time(const struct snapshot *s)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        if (question_source_tells(&s->source[i]))
            return true;
    return false;
}

uint32_t twin_source(const char *node) { return (uint32_t)strtoul(node + 1, NULL, 10) - 1; }

static double horizon_s(const struct question *q) { return q->kind == QUESTION_CUT ? dur_to_s(q->amount) + AFTER_CUT_S : AFTER_S; }

static int poll_of(const struct snapshot_source *s)
{
    return (int)clamp(s->poll_log2, -4, 17);
}

/* The shortest poll that keeps a run within PACKETS_MAX. */
static int shortest_poll(const struct snapshot *s, double run_s)
{
    int shortest = -4;
    double packets;

    do {
        packets = 0;
        shortest++;
        for (uint32_t i = 0; i < s->source_count; i++)
            if (is_measured(&s->source[i]))
                packets += run_s / ldexp(1, poll_of(&s->source[i]) < shortest ? shortest : poll_of(&s->source[i]));
    } while (packets > PACKETS_MAX);
    return shortest;
}

static void write_ppm(FILE *out, const char *key, double ppm, double low, double high)
{
    if (ppm > 0)
        fprintf(out, "set c %s %.6fppm\n", key, clamp(ppm, low, high));
}

static void write_duration(FILE *out, const char *key, struct dur_ns d, int64_t low_ns)
{
    if (d.ns >= low_ns)
        fprintf(out, "set c %s %lldns\n", key, (long long)ns_within(d, 86400 * NS_PER_S));
}

/* What is left of it: the steps before are not in the story. */
static long long budget_ns(const struct snapshot *s) { return (long long)ns_within(dur_sub(s->step_budget, s->stepped), BUDGET_MAX_NS); }

/* The configuration, so far as it decides what comes of a fault. */
static void write_limits(FILE *out, const struct snapshot *s)
{
    const struct snapshot_limits *l = &s->limits;

    write_duration(out, "holdover.max_error", s->holdover_max_error, 1000);
    write_ppm(out, "clock.max_drift", s->max_drift_ppm, 0.001, 500);
    write_ppm(out, "clock.max_drift_silent", s->max_drift_silent_ppm, 15, 500);
    if (l->min_sources == 0) /* a daemon that says nothing of the others */
        return;
    write_ppm(out, "clock.max_frequency", l->max_frequency_ppm, 1, 100000);
    write_ppm(out, "clock.max_slew", l->max_slew_ppm, 1, 100000);
    write_duration(out, "clock.step_threshold", l->step_threshold, 1000);
    write_duration(out, "clock.panic_threshold", l->panic_threshold, NS_PER_MS);
    fprintf(out, "set c clock.step_limit %u\nset c clock.step_budget %lldns\nset c clock.min_sources %u\n",
            l->step_limit > 1000 ? 1000u : (unsigned)l->step_limit, budget_ns(s), l->min_sources > 16 ? 16u : (unsigned)l->min_sources);
    if (l->local_stratum >= 1 && l->local_stratum <= 15) {
        fprintf(out, "set c local.stratum %u\n", (unsigned)l->local_stratum);
        write_duration(out, "local.error", l->local_error, 1000);
    }
}

static void write_client(FILE *out, const struct snapshot *s)
{
    double drift_ppm = -clamp(s->freq_ppm, -500, 500);

    /* A story's drift is positive for a clock that gains. The walk stays inside what the bound assumes of an oscillator: whatever frequency is learnt, a
     * later one is within max_drift of it. */
    fprintf(out, "node client c drift %.6fppm wander %.3g within %.6fppm knows %.6fppm to %.6fppm%s\n", drift_ppm, clamp(s->wander, 0, 1e-6),
            clamp(s->max_drift_ppm, 0.001, 500) / 4, drift_ppm, clamp(s->skew_ppm, 0.0001, 100), strcmp(s->clock_mode, "system") == 0 ? " steers" : "");
    write_limits(out, s);
}

/* Of each direction, from the share of questions that were answered. */
static double loss_of(const struct snapshot_source *s)
{
    if (s->sent < LOSS_ASKED_MIN || s->accepted >= s->sent)
        return 0;
    return clamp(1 - sqrt((double)s->accepted / (double)s->sent), 0, LOSS_MAX);
}

/* Of each direction, as loss. */
static struct dur_ns jitter_of(const struct snapshot_source *s) { return (struct dur_ns){ s->delay_excess.ns / 2 }; }

static void write_rest_of_link(FILE *out, struct dur_ns jitter, double loss)
{
    fprintf(out, " jitter exponential %lldns", (long long)ns_within(jitter, 2 * NS_PER_S));
    if (loss > 0.005)
        fprintf(out, " loss %.1f%%", loss * 100);
    fputc('\n', out);
}

static void write_path(FILE *out, const char *node, struct dur_ns round_trip, struct dur_ns jitter, double loss)
{
    fprintf(out, "link c %s delay %lldns", node, (long long)ns_within(round_trip, 4 * NS_PER_S) / 2);
    write_rest_of_link(out, jitter, loss);
}

static void write_server(FILE *out, const char *node, const struct snapshot_source *s)
{
    fprintf(out, "node server %s stratum %u error %lldns root delay %lldns\n", node, s->stratum >= 1 && s->stratum <= 15 ? (unsigned)s->stratum : 1u,
            (long long)ns_within(s->root_dispersion, 16 * NS_PER_S), (long long)ns_within(s->root_delay, 16 * NS_PER_S));
}

static void write_polls(FILE *out, const char *node, const struct snapshot_source *s, int shortest)
{
    bool stated = s->min_poll_log2 <= s->poll_log2 && s->poll_log2 <= s->max_poll_log2;
    int low = stated ? s->min_poll_log2 : poll_of(s), high = stated ? s->max_poll_log2 : poll_of(s);

    low = low < shortest ? shortest : low;
    fprintf(out, "source c %s poll %d..%d%s\n", node, low, high < low ? low : high, s->prefer ? " prefer" : "");
}

/* An outlier agrees with the others, and so is no liar: one way to it is longer than the other, by twice what it is off. */
static int64_t hidden_by_path(const struct snapshot_source *s) { return offset_within(s->offset, ns_within(s->delay_floor, 4 * NS_PER_S) / 2); }

/* What its round trip cannot hide its own claim does; if that cannot either, it was the jitter of one sample. */
static int64_t hidden_by_claim(const struct snapshot_source *s)
{
    int64_t claim = ns_add(ns_within(s->root_dispersion, 16 * NS_PER_S), ns_within(s->root_delay, 16 * NS_PER_S) / 2);

    return offset_within(dur_sub(s->offset, (struct dur_ns){ hidden_by_path(s) }), claim);
}

static void write_lopsided(FILE *out, const char *node, const struct snapshot_source *s)
{
    long long half = (long long)ns_within(s->delay_floor, 4 * NS_PER_S) / 2, off = (long long)hidden_by_path(s);

    fprintf(out, "link c to %s delay %lldns", node, half + off);
    write_rest_of_link(out, jitter_of(s), loss_of(s));
    fprintf(out, "link %s to c delay %lldns", node, half - off);
    write_rest_of_link(out, jitter_of(s), loss_of(s));
}

/* What is wrong with it already. Where there is no majority all are new, and contradict each other by what they are off. */
static void write_fault(FILE *out, const char *node, const struct snapshot_source *s)
{
    if (s->state == SOURCE_FALSETICKER || (s->state == SOURCE_NEW && dur_before(s->bound, dur_abs(s->offset))))
        fprintf(out, "%s lies %lldns\n", node, (long long)offset_within(s->offset, OFFSET_MAX_NS));
    if (s->state == SOURCE_OUTLIER && hidden_by_claim(s) != 0)
        fprintf(out, "%s lies %lldns\n", node, (long long)hidden_by_claim(s));
    if (s->state == SOURCE_UNREACHABLE)
        fprintf(out, "%s falls silent\n", node);
    if (s->state == SOURCE_REFUSED)
        fprintf(out, "%s loses its clock\n", node);
}

static void write_source(FILE *out, const struct snapshot_source *s, uint32_t index, int shortest)
{
    char node[16], name[4 * SNAPSHOT_NAME_MAX], address[ADDR_TEXT_MAX];

    const char *left_out = s->state == SOURCE_OFFLINE ? "offline: left out" : "never heard of: left out";

    snprintf(node, sizeof node, "s%u", (unsigned)index + 1);
    fprintf(out, "\n# %s: %s at %s, %s\n", node, text_printable(s->name, name, sizeof name), addr_to_text(&s->addr, address),
            is_measured(s) ? source_state_text((enum source_state)s->state) : left_out);
    if (!is_measured(s))
        return;
    write_server(out, node, s);
    if (s->state == SOURCE_OUTLIER)
        write_lopsided(out, node, s);
    else
        write_path(out, node, s->delay_floor, jitter_of(s), loss_of(s));
    write_polls(out, node, s, shortest);
    write_fault(out, node, s);
}

static const struct snapshot_source *nearest(const struct snapshot *s)
{
    const struct snapshot_source *best = NULL;

    for (uint32_t i = 0; i < s->source_count; i++)
        if (is_measured(&s->source[i]) && (!best || s->source[i].delay_floor.ns < best->delay_floor.ns))
            best = &s->source[i];
    return best;
}

static void write_added(FILE *out, const struct snapshot *s, const struct question *q, int shortest)
{
    const struct snapshot_source *like = nearest(s);
    char node[16];

    snprintf(node, sizeof node, "s%u", (unsigned)s->source_count + 1);
    fprintf(out, "\n# %s: the one added\n", node);
    write_server(out, node, like);
    write_path(out, node, q->delay.ns >= 0 ? q->delay : like->delay_floor, q->jitter.ns >= 0 ? q->jitter : jitter_of(like), 0);
    write_polls(out, node, like, shortest);
}

static void write_for_all(FILE *out, const struct snapshot *s, double at_s, const char *deed)
{
    for (uint32_t i = 0; i < s->source_count; i++)
        if (is_measured(&s->source[i]) && s->source[i].state != SOURCE_UNREACHABLE)
            fprintf(out, "at %.0fs s%u %s\n", at_s, (unsigned)i + 1, deed);
}

static void write_event(FILE *out, const struct snapshot *s, const struct question *q, double at_s)
{
    fputc('\n', out);
    if (q->kind == QUESTION_LIE)
        fprintf(out, "at %.0fs s%u lies %lldns\n", at_s, (unsigned)q->source + 1, (long long)q->amount.ns);
    if (q->kind == QUESTION_CUT) {
        write_for_all(out, s, at_s, "falls silent");
        write_for_all(out, s, ceil(at_s + dur_to_s(q->amount)), "answers again");
    }
    for (int i = 0; q->kind == QUESTION_TEMPERATURE && i < WARMING_STEPS; i++)
        fprintf(out, "at %.0fs c changes frequency %.9fppm\n", at_s + 60 * i, q->kelvin * q->ppm_per_kelvin / WARMING_STEPS);
}

struct twin_times twin_write(FILE *out, const struct snapshot *s, const struct question *q, const struct question *length_of)
{
    double warm_s = ceil(clamp(dur_to_s(s->uptime), WARM_MIN_S, WARM_MAX_S)), run_s = ceil(warm_s + horizon_s(length_of));
    int shortest = shortest_poll(s, run_s);
    struct clock_view v;
    struct civil c;

    page_view(&s->page, s->now, &v);
    c = civil_from_utc(v.utc);
    fprintf(out, "# A running daemon as a story, for `utcctl sim`.\nstart %04d-%02d-%02dT%02d:%02d:%02dZ\n", c.year, c.month, c.day, c.hour, c.minute,
            c.second);
    fprintf(out, "run %.0fs\nprobe %.0fs\n", run_s, fmax(1, ceil(run_s / PROBES_MAX)));
    write_client(out, s);
    for (uint32_t i = 0; i < s->source_count; i++)
        if (!q || q->kind != QUESTION_REMOVE || q->source != i)
            write_source(out, &s->source[i], i, shortest);
    if (q && q->kind == QUESTION_ADD)
        write_added(out, s, q, shortest);
    if (q)
        write_event(out, s, q, warm_s);
    return (struct twin_times){ dur_from_s(warm_s), dur_from_s(run_s) };
}
