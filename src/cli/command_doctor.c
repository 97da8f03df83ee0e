/* utcctl doctor and utcctl explain: what is wrong in words, from the same table as the manual's (observe/problem.def). */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/show.h"
#include "cli/table.h"
#include "observe/snapshot_json.h"

static struct asked asked;

/* ---- explain ---- */

static const struct reason { const char *why, *fix; } reasons[SOURCE_STATE_COUNT] = {
    [SOURCE_RESOLVING] = { "it has no address yet: its name is still being looked up, or cannot be",
                           "`getent hosts {}` asks the name server as the daemon does" },
    [SOURCE_NEW] = { "it is not judged yet: it has answered too seldom so far, or the sources have no majority to judge it by",
                     "`utcctl status` names a missing majority; else wait for a few polls, or ask now: `utcctl burst {}`" },
    [SOURCE_UNREACHABLE] = { "none of the last eight questions was answered", "`utcctl query {}` asks it once; look for a firewall, or replace it" },
    [SOURCE_FALSETICKER] = { "what it says contradicts the majority of the sources, beyond the error that it states itself, "
                             "or the clock by more than clock.panic_threshold",
                             "`utcctl query {}` compares it with this clock, `utcctl sources` with the others; when it stays so, remove it from `sources`" },
    [SOURCE_OUTLIER] = { "it agrees with the majority, but others are so much better, or preferred, that it would only add noise", "nothing is to be done" },
    [SOURCE_SELECTED] = { "it agrees with the majority and is among the best: it is followed", "nothing is to be done" },
    [SOURCE_REFUSED] = { "it answers, but says itself that its time is not to be used, or what it says cannot be believed",
                         "choose another server, or correct its options" },
    [SOURCE_OFFLINE] = { "an operator took it out: it is not asked, and the majority is that of the other sources, which do not wait for it",
                         "`utcctl sources online {}` has it asked again; it counts from its first answer on" },
    [SOURCE_KEYLESS] = { "it has given no keys of Network Time Security yet, and is not asked without",
                         "the reason tells; what it takes is its TCP port (nts_port), its name in a certificate of an authority that is trusted here, "
                         "and the right date" },
};

const struct snapshot_source *command_find_source(const struct snapshot *s, const char *name)
{
    char text[ADDR_TEXT_MAX];
    unsigned nth;
    char end;

    for (uint32_t i = 0; i < s->source_count; i++) {
        struct net_addr bare = s->source[i].addr;

        bare.port = 0;
        if (strcmp(s->source[i].name, name) == 0 || (bare.family && strcmp(addr_to_text(&bare, text), name) == 0) ||
            (bare.family && strcmp(addr_to_text(&s->source[i].addr, text), name) == 0))
            return &s->source[i];
    }
    if (sscanf(name, "s%3u%c", &nth, &end) == 1 && nth >= 1 && nth <= s->source_count)
        return &s->source[nth - 1];
    return NULL;
}

/* The reason most of its answers were dropped for; NULL: none was. */
static const char *dropped_for(const struct snapshot_source *s)
{
    int most = -1;

    for (int v = 0; v < VERDICT_COUNT; v++)
        if (v != VERDICT_ACCEPTED && v != VERDICT_ANSWERED && s->verdict[v] > (most < 0 ? 0 : s->verdict[most]))
            most = v;
    return most < 0 ? NULL : verdict_text((enum verdict)most);
}

static void say_measured(const struct snapshot_source *s, unsigned width)
{
    char text[320], offset[96], bound[24], delay[24];

    if (s->last_answer_age.ns < 0)
        return;
    snprintf(text, sizeof text, "%s; true time within ±%s of it; round trip %s", show_offset(s->offset.ns, "this clock", offset, sizeof offset),
             ns_to_text(s->bound.ns, bound), ns_to_text(s->delay.ns, delay));
    show_fact("Measured", text, width, stdout);
}

/* What `chronyc ntpdata` is asked for. */
static void say_server(const struct snapshot_source *s, unsigned width)
{
    char text[256], refid[REFID_TEXT_MAX], delay[24], dispersion[24];

    if (s->last_answer_age.ns >= 0) {
        snprintf(text, sizeof text, "stratum %u, reference %s, root delay %s, root dispersion %s, leap second: %s", s->stratum,
                 refid_to_text(s->refid, s->stratum, refid), ns_to_text(s->root_delay.ns, delay), ns_to_text(s->root_dispersion.ns, dispersion),
                 leap_text((enum leap)s->leap));
        show_fact("Server's claim", text, width, stdout);
    }
    snprintf(text, sizeof text, "%llu requests, %llu answers taken, %llu dropped; stamps: %s%s", (unsigned long long)s->sent,
             (unsigned long long)s->accepted, (unsigned long long)s->dropped, stamp_text((enum stamp)s->stamp), s->interleaved ? ", interleaved" : "");
    if (s->sent)
        show_fact("Asked", text, width, stdout);
}

static void say_authentication(const struct snapshot_source *s, unsigned width)
{
    char text[96];

    if (s->auth == SOURCE_AUTH_NTS)
        snprintf(text, sizeof text, "by NTS; %u cookies are left, each is good for one request", s->cookies);
    else if (s->auth == SOURCE_AUTH_KEY)
        snprintf(text, sizeof text, "by key %lu", (unsigned long)s->key_id);
    else
        snprintf(text, sizeof text, "no: who can change packets on the way can change its time");
    show_fact("Authenticated", text, width, stdout);
}

/* A server drops what is authenticated by a key that it does not know, without a word. */
static const char compare_keys[] = "`utcctl query {}` asks it once, without the key: when that is answered, compare number, type and key at both ends; "
                                   "otherwise look for a firewall, or replace it";

/* It was never asked, whatever its state makes of that. */
static bool lacks_key(const struct snapshot_source *s)
{
    const struct problems *p = &asked.snapshot.problems;

    for (uint32_t i = 0; i < p->count; i++)
        if (p->item[i].kind == PROBLEM_KEY_UNFIT && strcmp(p->item[i].subject, s->name) == 0)
            return true;
    return false;
}

/* With its name, to be copied as it stands. */
static const char *fix_of(const struct snapshot_source *s, char out[PROBLEM_SENTENCE_MAX])
{
    struct problem about = { .kind = PROBLEM_SOURCE_SILENT };

    const bool by_key = s->auth == SOURCE_AUTH_KEY && s->state == SOURCE_UNREACHABLE;

    text_printable(s->name, about.subject, sizeof about.subject);
    if (lacks_key(s))
        return problem_say(&about, problem_text(PROBLEM_KEY_UNFIT)->fix, out, PROBLEM_SENTENCE_MAX);
    return problem_say(&about, by_key ? compare_keys : reasons[s->state].fix, out, PROBLEM_SENTENCE_MAX);
}

/* What a problem of this source adds to its state: the words of the server, of a program, of the network. NULL: nothing. */
static const char *detail_of(const struct snapshot_source *s)
{
    const struct problems *p = &asked.snapshot.problems;

    for (uint32_t i = 0; i < p->count; i++)
        if (strcmp(p->item[i].subject, s->name) == 0 && p->item[i].detail[0])
            return p->item[i].detail;
    return NULL;
}

static void say_source(const struct snapshot_source *s)
{
    const struct reason *r = &reasons[s->state];
    unsigned width = terminal_width(stdout);
    char name[4 * SNAPSHOT_NAME_MAX], text[512], fix[PROBLEM_SENTENCE_MAX], shown[4 * PROBLEM_DETAIL_MAX];

    snprintf(text, sizeof text, "%.250s is %s: %s.", text_printable(s->name, name, sizeof name), source_state_text((enum source_state)s->state), r->why);
    text_wrap(text, 0, 0, width, stdout);
    if (detail_of(s))
        show_fact("Reason", text_printable(detail_of(s), shown, sizeof shown), width, stdout);
    say_measured(s, width);
    say_server(s, width);
    say_authentication(s, width);
    if (dropped_for(s))
        show_fact("Dropped answers", dropped_for(s), width, stdout);
    show_fact("What to do", fix_of(s, fix), width, stdout);
}

static void json_source(const struct snapshot_source *s)
{
    char out[4096], fix[PROBLEM_SENTENCE_MAX];
    struct json j = json_of(out, sizeof out);

    json_object(&j, NULL);
    json_text(&j, "source", s->name);
    json_text(&j, "state", source_state_text((enum source_state)s->state));
    json_bool(&j, "followed", s->state == SOURCE_SELECTED);
    json_text(&j, "authentication", source_auth_text((enum source_auth)s->auth));
    json_text(&j, "why", reasons[s->state].why);
    if (detail_of(s))
        json_text(&j, "reason", detail_of(s));
    else
        json_null(&j, "reason");
    json_text(&j, "fix", fix_of(s, fix));
    if (dropped_for(s))
        json_text(&j, "dropped_for", dropped_for(s));
    else
        json_null(&j, "dropped_for");
    json_object_end(&j);
    if (json_end(&j))
        puts(out);
}

int command_explain(const struct args *a)
{
    char sentence[256], shown[4 * SNAPSHOT_NAME_MAX];
    const struct snapshot_source *s;
    int code = command_ask(a, CONTROL_SECTIONS_ALL, &asked);

    if (code != CLI_OK)
        return code;
    s = command_find_source(&asked.snapshot, a->word[0]);
    if (!s || s->state >= SOURCE_STATE_COUNT || !reasons[s->state].why) {
        snprintf(sentence, sizeof sentence, "there is no source \"%.160s\"; `utcctl sources` lists them", text_printable(a->word[0], shown, sizeof shown));
        return command_fail(a, CLI_GENERAL, sentence);
    }
    if (a->json)
        json_source(s);
    else
        say_source(s);
    return CLI_OK;
}

/* ---- doctor ---- */

/* What a doctor looks at, in the order that a person would; each is well unless a problem of these kinds is there. */
static const struct check { const char *name, *well; enum problem_kind kind[9]; unsigned kinds; } checks[] = {
    { "sources", "configured, and answering",
      { PROBLEM_NO_SOURCE, PROBLEM_ALL_SILENT, PROBLEM_SOURCE_SILENT, PROBLEM_SOURCE_UNANSWERED, PROBLEM_SOURCE_REFUSED, PROBLEM_NAME_UNRESOLVED,
        PROBLEM_NO_KEYS }, 7 },
    { "agreement", "no source contradicts the others", { PROBLEM_NO_MAJORITY, PROBLEM_SOURCE_FALSE }, 2 },
    { "clock", "undisturbed, not in holdover",
      { PROBLEM_HOLDOVER, PROBLEM_FREE_RUNNING, PROBLEM_CLOCK_MOVED, PROBLEM_CLOCK_BEHIND, PROBLEM_BOUND_BROKEN, PROBLEM_DISRUPTED,
        PROBLEM_STEP_BUDGET, PROBLEM_PANIC, PROBLEM_FREQUENCY_RAIL }, 9 },
    { "certificates", "none ends soon or was refused, or there are none", { PROBLEM_CERTIFICATE, PROBLEM_REVOKED_EXPIRES, PROBLEM_CERTIFICATE_REFUSED }, 3 },
    { "keys", "those in use are good and none ends soon without another that follows, or there are none", { PROBLEM_KEY_EXPIRES, PROBLEM_KEY_UNFIT }, 2 },
    { "right to steer", "there, or not needed", { PROBLEM_CANNOT_STEER }, 1 },
    { "other programs", "none steers the same clock", { PROBLEM_RIVAL }, 1 },
    { "files", "state can be saved, the configuration is in force",
      { PROBLEM_NOT_SAVED, PROBLEM_SET_ASIDE, PROBLEM_STATE_CLAMPED, PROBLEM_RELOAD_REFUSED, PROBLEM_RESTART_NEEDED }, 5 },
    { "leap seconds", "what is known of them has not expired, and nobody contradicts it",
      { PROBLEM_LEAP_EXPIRED, PROBLEM_LEAP_REFUSED, PROBLEM_LEAP_CONFLICT, PROBLEM_LEAP_FILES_DIFFER, PROBLEM_LEAP_CLEARED,
        PROBLEM_LEAP_UNKNOWN, PROBLEM_LEAP_UNTOLD }, 7 },
    { "listeners", "all addresses and cards are served as configured, and answers leave",
      { PROBLEM_NOT_LISTENING, PROBLEM_NOT_SENT, PROBLEM_NO_DESCRIPTORS, PROBLEM_STAMPS_OFF, PROBLEM_XDP_OFF }, 5 },
    { "processes", "none is missing, has ended or hung of late", { PROBLEM_PROCESS_ENDED, PROBLEM_PROCESS_HUNG, PROBLEM_PROCESS_AWAITED }, 3 },
};

static bool is_of(const struct check *c, const struct problem *p)
{
    for (unsigned i = 0; i < c->kinds; i++)
        if (p->kind == c->kind[i])
            return true;
    return false;
}

static void say_problem(const struct problem *p, unsigned width)
{
    const struct problem_text *t = problem_text((enum problem_kind)p->kind);
    char text[PROBLEM_SENTENCE_MAX], shown[4 * PROBLEM_SENTENCE_MAX], line[4 * PROBLEM_SENTENCE_MAX + 64];

    snprintf(line, sizeof line, "%s (%s)", text_printable(problem_sentence(p, text), shown, sizeof shown), t->id);
    show_fact("  what", line, width, stdout);
    show_fact("  why", text_printable(problem_say(p, t->cause, text, sizeof text), shown, sizeof shown), width, stdout);
    show_fact("  what to do", text_printable(problem_say(p, t->fix, text, sizeof text), shown, sizeof shown), width, stdout);
}

/* No news of other programs is good news only where they could be seen. */
static const char *well(const struct check *c, const struct snapshot *s)
{
    bool unknown = c->kind[0] == PROBLEM_RIVAL && s->others_hidden;

    return unknown ? "none is seen to steer the same clock, but the daemon cannot see the processes of other users here" : c->well;
}

static void say_check(const struct check *c, const struct snapshot *s, unsigned width)
{
    const struct problems *all = &s->problems;
    unsigned wrong = 0;

    for (uint32_t i = 0; i < all->count; i++)
        wrong += is_of(c, &all->item[i]);
    show_fact(c->name, wrong ? "not well:" : well(c, s), width, stdout);
    for (uint32_t i = 0; i < all->count; i++)
        if (is_of(c, &all->item[i]))
            say_problem(&all->item[i], width);
}

static const char *is_synchronised(const struct snapshot *s)
{
    struct clock_view v;

    page_view(&s->page, s->now, &v);
    if (v.status == CLOCK_LOCAL)
        return "no: time is served by the operator's statement `local`";
    return v.stratum != 0 ? "yes" : "no, or not yet: `utcctl status` says why";
}

/* Does anything on this machine have UDP port 123? */
static bool port_is_taken(void)
{
    static const char *const tables[] = { "/proc/net/udp", "/proc/net/udp6" };
    bool taken = false;

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        FILE *f = fopen(tables[i], "re");
        char line[256];
        unsigned port;

        while (f && fgets(line, sizeof line, f))
            taken |= sscanf(line, " %*[0-9]: %*[0-9A-Fa-f]:%x", &port) == 1 && port == 123;
        if (f)
            fclose(f);
    }
    return taken;
}

static int no_daemon(const struct args *a, int code)
{
    if (!a->json && code == CLI_NO_DAEMON)
        printf("UDP port 123 of this machine %s.\n", port_is_taken() ? "is taken by another program: `ss -lnpu` shows which" : "is free");
    return code;
}

int command_doctor(const struct args *a)
{
    const struct problems *p = &asked.snapshot.problems;
    unsigned width = terminal_width(stdout);
    int code = command_ask(a, CONTROL_SECTIONS_ALL, &asked);

    if (code != CLI_OK)
        return no_daemon(a, code);
    if (asked.page_only)
        return command_fail(a, CLI_PERMISSION, "problems are told over the control socket only, and this user may not use it");
    if (a->json) {
        command_print_json(&asked.snapshot, (void (*const[])(struct json *, const struct snapshot *)){ snapshot_json_daemon, snapshot_json_problems, NULL });
        return p->count ? CLI_GENERAL : CLI_OK;
    }
    show_fact("daemon", "it runs and answers", width, stdout);
    show_fact("synchronised", is_synchronised(&asked.snapshot), width, stdout);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        say_check(&checks[i], &asked.snapshot, width);
    printf("\n%s\n", p->count ? "Something is to be done." : "Nothing is wrong.");
    return p->count ? CLI_GENERAL : CLI_OK;
}
