/* utcsim: run stories, print what came of them. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/check.h"
#include "sim/plot.h"
#include "sim/sim.h"
#include "sim/storm.h"

struct settings {
    const char *program;
    bool verbose, trace, tap, mutants, hash, seeded, storm, pictures, help;
    uint64_t seed;
    const char *svg, *csv;
    long storm_days, starts;
    uint32_t kinds;
    double speed_min;
};

struct tally { unsigned passed, failed, skipped, tap; };

static const char usage[] =
    "usage: utcsim [options] STORY...\n"
    "       utcsim --storm SEED [--days N [--kind KIND]... | --starts N]\n"
    "  --seed N     replace the story's seed\n"
    "  --verbose    print each expectation and what the clients logged\n"
    "  --trace      print every event\n"
    "  --hash       print a hash of all events: equal for two runs of one seed\n"
    "  --tap        print one TAP line per expectation instead of the table\n"
    "  --mutants    run each story once per `mutant` line; every such run must fail\n"
    "  --min-speed X a story must run at least X times faster than real time, counted in processor time\n"
    "  --svg FILE   draw the first client's error, bound, frequency and poll interval\n"
    "  --pictures   draw each story into a file of its name in the current directory\n"
    "  --csv FILE   write every probe of the first client as a line of numbers\n"
    "  --storm SEED run randomised fault schedules inside the declared assumptions for --days days (300),\n"
    "               each with the kinds of trouble of --kind,\n"
    "               or --starts short runs that begin or lose their sources in every way\n";

#define STORY_SIZE_MAX (1 << 20)

/* Returns what is wrong, or NULL with *out to be freed. */
static const char *read_text(const char *path, char **out)
{
    FILE *f = fopen(path, "re");
    char *text = f ? calloc(1, STORY_SIZE_MAX + 1) : NULL;
    size_t len = text ? fread(text, 1, STORY_SIZE_MAX + 1, f) : 0;
    const char *wrong = !f || !text || ferror(f) ? strerror(errno) : len > STORY_SIZE_MAX ? "it is larger than 1 MiB" :
                        memchr(text, 0, len) ? "it is no text" : NULL;

    if (f)
        fclose(f);
    if (wrong)
        free(text);
    *out = wrong ? NULL : text;
    return wrong;
}

static double processor_s(void) { return (double)clock() / CLOCKS_PER_SEC; }

static void tap_line(struct tally *t, bool ok, const char *text, const char *why)
{
    printf("%s %u - %s%s%s\n", ok ? "ok" : "not ok", ++t->tap, text, *why ? " # " : "", why);
}

static const char *value_text(const struct expectation *e, double v, char *out, size_t size)
{
    char ns[32];

    if (isnan(v))
        snprintf(out, size, "nothing was measured");
    else if (e->quantity <= QUANTITY_SYSTEM_SMEAR_ERROR || e->quantity == QUANTITY_BOUND || e->quantity == QUANTITY_OFFSET || e->quantity >= QUANTITY_RMS_ERROR)
        snprintf(out, size, "%s", ns_to_text((int64_t)v, ns));
    else
        snprintf(out, size, "%.6g", v);
    return out;
}

static void tell_expectation(const struct settings *o, struct tally *t, const struct sim_world *w, const struct expectation *e,
                             const struct check_result *r)
{
    char text[EXPECT_TEXT_MAX + 64], why[120] = "", value[40];

    snprintf(text, sizeof text, "%s: %s", w->story->name, e->text);
    if (r->failed)
        snprintf(why, sizeof why, "at %.3f s it was %s", dur_to_s(tai_sub(r->when, w->start)), value_text(e, r->value, value, sizeof value));
    if (o->tap)
        tap_line(t, !r->failed, text, why);
    else if (o->verbose || r->failed)
        printf("    %s line %d: %s%s%s\n", r->failed ? "FAILED" : "ok    ", e->line, e->text, *why ? " -- " : "", why);
}

static void tell_invariant(const struct settings *o, struct tally *t, const struct sim_world *w, const struct sim_node *n, enum invariant i)
{
    static const char *const names[INVARIANT_COUNT] = { "bound holds", "served time never goes back", "never usable while not synchronised" };
    const struct sim_totals *k = &n->c.totals;
    bool bad = k->violations[i] > 0;
    char text[160], why[120] = "";

    snprintf(text, sizeof text, "%s: always %s %s", w->story->name, n->name, names[i]);
    if (bad)
        snprintf(why, sizeof why, "broken %llu times, first at %.3f s", (unsigned long long)k->violations[i],
                 dur_to_s(tai_sub(k->first_violation[i], w->start)));
    if (n->c.excused[i])
        return;
    if (o->tap)
        tap_line(t, !bad, text, why);
    else if (o->verbose || bad)
        printf("    %s always %s %s%s%s\n", bad ? "FAILED" : "ok    ", n->name, names[i], bad ? " -- " : "", why);
}

static void tell_details(const struct settings *o, struct tally *t, const struct sim_world *w, const struct check *c)
{
    for (size_t i = 0; i < w->story->expectation_count; i++)
        tell_expectation(o, t, w, &w->story->expectation[i], &c->result[i]);
    for (unsigned i = 0; i < w->node_count; i++)
        for (unsigned k = 0; w->node[i].client && k < INVARIANT_COUNT; k++)
            tell_invariant(o, t, w, &w->node[i], (enum invariant)k);
}

struct summary { double rms_s, max_s, bound_s; uint64_t violations, packets; };

/* The worst client's figures, the sum of all packets. */
static struct summary summarise(const struct sim_world *w)
{
    struct summary s = { 0 };

    for (unsigned i = 0; i < w->node_count; i++) {
        const struct sim_totals *t = &w->node[i].c.totals;

        if (!w->node[i].client)
            continue;
        s.packets += t->packets;
        s.violations += w->node[i].c.excused[INVARIANT_BOUND] ? 0 : t->violations[INVARIANT_BOUND];
        if (t->usable == 0)
            continue;
        s.rms_s = fmax(s.rms_s, sqrt(t->error_s2 / (double)t->usable));
        s.bound_s = fmax(s.bound_s, t->bound_s / (double)t->usable);
        s.max_s = fmax(s.max_s, t->error_max_s);
    }
    return s;
}

static void table_head(void)
{
    printf("%-36s %9s %10s %10s %10s %10s %6s %8s  %s\n", "story", "simulated", "speed", "rms error", "max error", "mean bound", "broken", "packets",
           "verdict");
}

static void table_row(const struct sim_world *w, double took_s, const char *verdict)
{
    struct summary s = summarise(w);
    char span[16], speed[16], rms[32], max[32], bound[32];
    double run_s = dur_to_s(w->story->run);

    snprintf(span, sizeof span, run_s >= 86400 ? "%.1f d" : "%.1f h", run_s >= 86400 ? run_s / 86400 : run_s / 3600);
    snprintf(speed, sizeof speed, "%.0f x", run_s / fmax(took_s, 1e-6));
    printf("%-36s %9s %10s %10s %10s %10s %6llu %8llu  %s\n", w->story->name, span, speed, ns_to_text((int64_t)(s.rms_s * 1e9), rms),
           ns_to_text((int64_t)(s.max_s * 1e9), max), ns_to_text((int64_t)(s.bound_s * 1e9), bound), (unsigned long long)s.violations,
           (unsigned long long)s.packets, verdict);
}

/* NULL when none is wanted, or after a sentence. */
static FILE *open_result(const struct settings *o, const char *path)
{
    FILE *out = path ? fopen(path, "w") : NULL;

    if (path && !out)
        fprintf(stderr, "%s: cannot write %s: %s\n", o->program, path, strerror(errno));
    return out;
}

static void draw(const struct settings *o, const struct story *s, const struct check *c)
{
    char path[STORY_NAME_LEN + 8];
    FILE *out;

    snprintf(path, sizeof path, "%s.svg", s->name);
    out = open_result(o, o->svg ? o->svg : o->pictures ? path : NULL);
    if (!out)
        return;
    plot_svg(out, s, c->course);
    fclose(out);
}

static bool tell_speed(const struct settings *o, struct tally *t, const struct story *s, double took_s)
{
    bool ok = took_s * o->speed_min <= dur_to_s(s->run);
    char text[120];

    if (o->speed_min <= 0)
        return true;
    snprintf(text, sizeof text, "%s: at least %.0f times faster than real time", s->name, o->speed_min);
    if (o->tap)
        tap_line(t, ok, text, "");
    return ok;
}

static void run_story(const struct settings *o, const struct story *s, struct tally *t)
{
    struct sim_world *w = world_new(s, o->seeded ? o->seed : s->seed, NULL);
    struct check c;
    double began_s = processor_s(), took_s;
    unsigned failures;
    FILE *csv = open_result(o, o->csv);

    w->trace = o->trace ? stdout : NULL;
    w->log = o->verbose ? stdout : NULL;
    check_init(&c, w, o->svg || o->pictures);
    if (csv)
        check_csv(&c, csv);
    world_run(w);
    check_finish(&c, w);
    took_s = processor_s() - began_s;
    failures = check_failures(&c, w) + !tell_speed(o, t, s, took_s);
    if (!o->tap)
        table_row(w, took_s, failures ? "FAILED" : "passed");
    if (o->hash)
        printf("    hash %016llx of %llu events\n", (unsigned long long)w->hash, (unsigned long long)w->events);
    tell_details(o, t, w, &c);
    *(failures ? &t->failed : &t->passed) += 1;
    draw(o, s, &c);
    if (csv)
        fclose(csv);
    check_free(&c);
    world_free(w);
}

/* The story must fail with the mutant's change: otherwise its bounds say nothing about that feature. */
static void run_mutant(const struct settings *o, const struct story *s, const struct statement *m, struct tally *t)
{
    struct sim_world *w = world_new(s, o->seeded ? o->seed : s->seed, m);
    struct check c;
    char text[EXPECT_TEXT_MAX];
    bool killed;

    check_init(&c, w, false);
    world_run(w);
    check_finish(&c, w);
    killed = check_failures(&c, w) > 0;
    snprintf(text, sizeof text, "%s: the mutant of line %d makes it fail", s->name, m->line);
    if (o->tap)
        tap_line(t, killed, text, "");
    else
        printf("%-100s %s\n", text, killed ? "passed" : "FAILED");
    *(killed ? &t->passed : &t->failed) += 1;
    check_free(&c);
    world_free(w);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool has_client(const struct story *s)
{
    for (unsigned n = 0; n < s->node_count; n++)
        if (s->node[n].client)
            return true;
    return false;
}

static int run_file(const struct settings *o, const char *path, struct tally *t)
{
    struct story_error error;
    struct story s;
    char name[STORY_NAME_LEN], *text;
    const char *wrong = read_text(path, &text);
    int err;

    if (wrong) {
        fprintf(stderr, "%s: cannot read %s: %s\n", o->program, path, wrong);
        return 2;
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(base_name(path), "."), base_name(path));
    err = story_parse(&s, name, text, &error);
    if (!err && !has_client(&s)) {
        error = (struct story_error){ 1, 1, "no client is in this story: nothing would be judged" };
        err = -1;
    }
    if (err)
        fprintf(stderr, "%s:%d:%d: %s\n", path, error.line, error.column, error.text);
    else if (!o->mutants)
        run_story(o, &s, t);
    for (size_t i = 0; !err && o->mutants && i < s.mutant_count; i++)
        run_mutant(o, &s, &s.mutant[i], t);
    story_free(&s);
    free(text);
    return err ? 2 : 0;
}

enum { OPT_SEED = 256, OPT_VERBOSE, OPT_TRACE, OPT_HASH, OPT_TAP, OPT_MUTANTS, OPT_SVG, OPT_STORM, OPT_DAYS, OPT_STARTS, OPT_MIN_SPEED,
       OPT_CSV, OPT_PICTURES, OPT_KIND, OPT_HELP };

static const struct option options[] = {
    { "seed", required_argument, NULL, OPT_SEED }, { "verbose", no_argument, NULL, OPT_VERBOSE }, { "trace", no_argument, NULL, OPT_TRACE },
    { "hash", no_argument, NULL, OPT_HASH }, { "tap", no_argument, NULL, OPT_TAP }, { "mutants", no_argument, NULL, OPT_MUTANTS },
    { "svg", required_argument, NULL, OPT_SVG }, { "storm", required_argument, NULL, OPT_STORM }, { "days", required_argument, NULL, OPT_DAYS },
    { "starts", required_argument, NULL, OPT_STARTS }, { "min-speed", required_argument, NULL, OPT_MIN_SPEED },
    { "csv", required_argument, NULL, OPT_CSV }, { "pictures", no_argument, NULL, OPT_PICTURES },
    { "kind", required_argument, NULL, OPT_KIND }, { "help", no_argument, NULL, OPT_HELP }, { 0 },
};

static bool read_options(struct settings *o, int argc, char **argv)
{
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (c) {
        case OPT_SEED:    o->seed = strtoull(optarg, NULL, 0); o->seeded = true; break;
        case OPT_VERBOSE: o->verbose = true; break;
        case OPT_TRACE:   o->trace = true; break;
        case OPT_HASH:    o->hash = true; break;
        case OPT_TAP:     o->tap = true; break;
        case OPT_MUTANTS: o->mutants = true; break;
        case OPT_SVG:     o->svg = optarg; break;
        case OPT_PICTURES: o->pictures = true; break;
        case OPT_CSV:     o->csv = optarg; break;
        case OPT_STORM:   o->seed = strtoull(optarg, NULL, 0); o->storm = true; break;
        case OPT_DAYS:    o->storm_days = strtol(optarg, NULL, 10); break;
        case OPT_STARTS:  o->starts = strtol(optarg, NULL, 10); break;
        case OPT_MIN_SPEED: o->speed_min = strtod(optarg, NULL); break;
        case OPT_KIND:
            if (!storm_kind_add(optarg, &o->kinds))
                return false;
            break;
        case OPT_HELP:    o->help = true; break;
        default:          return false;
        }
    if (o->help)
        return true;
    return o->storm ? optind == argc && o->storm_days > 0 : optind < argc;
}

static int run_storm(const struct settings *o)
{
    struct storm_order order = { storm_write, o->seed, (unsigned)o->storm_days, o->kinds, o->verbose };

    if (o->starts > 0) {
        order.write = storm_write_start;
        order.runs = (unsigned)o->starts;
    }
    return storm_run(&order) ? 1 : 0;
}

int sim_main(int argc, char **argv)
{
    struct settings o = { .program = argc > 0 ? argv[0] : "utcsim", .storm_days = 300 };
    struct tally t = { 0 };
    int err = 0;

    if (!read_options(&o, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    if (o.help)
        return fputs(usage, stdout) < 0;
    if (o.storm)
        return run_storm(&o);
    if (!o.tap && !o.mutants)
        table_head();
    for (int i = optind; i < argc; i++) {
        int e = run_file(&o, argv[i], &t);

        err = e ? e : err;
    }
    if (o.tap)
        printf("1..%u\n", t.tap);
    else
        printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
    return err ? err : t.failed > 0;
}
