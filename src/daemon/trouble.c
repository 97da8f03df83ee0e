#include "daemon/trouble.h"

#include <stdio.h>

#include "base/err.h"
#include "daemon/admin_role.h"
#include "daemon/memory_file.h"
#include "daemon/rival.h"
#include "ke/ke.h"

#define AWAITED_NS (2 * NS_PER_S)       /* a service takes so long to come */
#define DEATH_TOLD_NS (600 * NS_PER_S)  /* a process that has run again for so long is no news */

static void note_deaths(const struct core *c, struct mono_ns now, struct problems *out)
{
    for (unsigned r = 0; r < ROLE_COUNT; r++) {
        const struct shared_death *d = &c->world->shared->death[r];
        int64_t ago_ns = now.ns - d->at_ns;
        char detail[96], age[24];

        if (d->count == 0 || ago_ns > DEATH_TOLD_NS)
            continue;
        snprintf(detail, sizeof detail, "%u time%s so far, last %s ago", d->count, d->count == 1 ? "" : "s", ns_to_text(ago_ns, age));
        problems_note(out, d->hung ? PROBLEM_PROCESS_HUNG : PROBLEM_PROCESS_ENDED, role_name((enum role)r), detail);
    }
}

static void note_awaited(const struct core *c, struct mono_ns now, struct problems *out)
{
    for (unsigned r = 0; r < ROLE_COUNT; r++) {
        int64_t since_ns = c->world->shared->awaited_ns[r];

        if (since_ns && now.ns - since_ns > AWAITED_NS)
            problems_note(out, PROBLEM_PROCESS_AWAITED, role_name((enum role)r), NULL);
    }
}

/* UDP listeners have one socket for each worker: told once. */
static void note_listeners(const struct core *c, struct problems *out)
{
    const struct listeners *l = c->world->listeners;

    for (unsigned i = 0; l && i < l->count; i++) { /* --once listens to nobody */
        uint8_t err = c->world->shared->not_listening[i];
        char at[ADDR_AT_TEXT_MAX];

        if (err && l->item[i].worker == 0)
            problems_note(out, PROBLEM_NOT_LISTENING, addr_at_to_text(&l->item[i].at, l->item[i].interface, at), ue_text(err));
    }
}

/* HTTP's listeners are opened once, at the start. */
static void note_http(const struct core *c, struct problems *out)
{
    const struct admin_role *a = c->world->admin;
    char at[ADDR_AT_TEXT_MAX];

    for (uint32_t i = 0; a && i < a->wanted.count; i++)
        if (a->refused[i])
            problems_note(out, PROBLEM_NOT_LISTENING, addr_at_to_text(&a->wanted.item[i], a->wanted.interface[i], at), a->refused[i]);
}

static void note_leap_files(const struct core *c, struct problems *out)
{
    const struct leap_options *o = &c->world->options->engine.clock.leap;
    const char *const path[LEAP_ORIGINS] = { [LEAP_FROM_LIST] = o->list.s, [LEAP_FROM_ZONE] = o->zone.s };
    char text[LEAP_REASON_MAX];

    for (int i = 0; i < LEAP_ORIGINS; i++) {
        const char *why = leap_files_reason(&c->leap_files, (enum clock_leap_origin)i, text);

        if (why)
            problems_note(out, PROBLEM_LEAP_REFUSED, path[i], why);
    }
}

static void note_clock(const struct core *c, struct mono_ns now, struct problems *out)
{
    const struct mode *m = c->world->mode;
    const char *rival = rival_name(m, c->world->shared);

    if (m->refused)
        problems_note(out, PROBLEM_CANNOT_STEER, NULL, m->reason);
    if (rival[0])
        problems_note(out, PROBLEM_RIVAL, rival, NULL);
    found_note(&c->world->found, c->world->options->engine.clock.clock.drift_file.s, mono_sub(now, c->world->wall_at), out);
    if (c->save_err)
        problems_note(out, PROBLEM_NOT_SAVED, c->world->options->engine.clock.clock.drift_file.s, memory_file_why(c->save_err));
}

static void note_cards(const struct snapshot_card *card, uint32_t count, enum problem_kind kind, struct problems *out)
{
    for (uint32_t i = 0; i < count; i++)
        if (!card[i].on)
            problems_note(out, kind, card[i].name, card[i].text);
}

static void note_interfaces(const struct core *c, struct problems *out)
{
    static struct snapshot picture; /* touched only where there are any */

    if (c->world->hardware->count + c->world->responder->loaded.interfaces == 0)
        return;
    picture.card_count = picture.xdp_count = 0;
    hardware_picture(c->world->hardware, &picture);
    responder_picture(c->world->responder, c->world->shared->xdp_gone, &picture);
    note_cards(picture.card, picture.card_count, PROBLEM_STAMPS_OFF, out);
    note_cards(picture.xdp, picture.xdp_count, PROBLEM_XDP_OFF, out);
}

static void note_reload(const struct core *c, struct problems *out)
{
    const struct reload_report *r = &c->world->sets->report;

    if (r->refused)
        problems_note(out, PROBLEM_RELOAD_REFUSED, NULL, r->reason);
    if (r->changes.restart.count)
        problems_note(out, PROBLEM_RESTART_NEEDED, r->changes.restart.text, NULL);
}

static void note_certificate(const struct core *c, struct mono_ns now, struct problems *out)
{
    char refused[sizeof c->world->ke->refused];
    struct clock_view v;
    enum nts_expiry expiry;

    if (!c->world->ke)
        return;
    page_view(engine_page(c->engine), now, &v);
    snprintf(refused, sizeof refused, "%.*s", (int)sizeof refused - 1, c->world->ke->refused); /* who writes it need not end it */
    if (refused[0])
        problems_note(out, PROBLEM_CERTIFICATE_REFUSED, "nts.certificate", refused);
    if (c->world->ke->not_kept)
        problems_note(out, PROBLEM_NOT_SAVED, "nts.cookie_key_file",
                      c->world->ke->shut ? "its folder was made after the start, and stays closed to the program until the daemon is restarted" : NULL);
    expiry = nts_expiry(&c->world->ke->valid, v.utc);
    if (expiry > NTS_EXPIRY_FAR)
        problems_note(out, PROBLEM_CERTIFICATE, "nts.certificate", expiry == NTS_EXPIRED ? "it has expired" : NULL);
    expiry = nts_expiry(&c->world->ke->lists, v.utc);
    if (expiry > NTS_EXPIRY_FAR)
        problems_note(out, PROBLEM_REVOKED_EXPIRES, "nts.revoked_certificates",
                      expiry == NTS_EXPIRED ? "one has ended: every client with a certificate is refused" : NULL);
}

void trouble_note(const struct core *c, struct mono_ns now, struct problems *out)
{
    note_certificate(c, now, out);
    note_clock(c, now, out);
    note_deaths(c, now, out);
    note_awaited(c, now, out);
    note_listeners(c, out);
    note_http(c, out);
    note_leap_files(c, out);
    note_interfaces(c, out);
    note_reload(c, out);
}
