#include "daemon/mode.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"

static bool has_rival(const struct mode_facts *f, char *name, size_t size)
{
    return f->other(name, size) && (name[0] != '\0' || !f->steered_before);
}

static void say(struct mode *m, const char *reason) { snprintf(m->reason, sizeof m->reason, "%s", reason); }

static void by_order(const struct mode_facts *f, struct mode *m)
{
    m->refused = f->probe();
    if (m->refused) {
        snprintf(m->reason, sizeof m->reason, "clock.mode is system, but %s: it takes root or CAP_SYS_TIME", ue_text(m->refused));
        return;
    }
    m->rival_unseen = has_rival(f, m->rival, sizeof m->rival) && m->rival[0] == '\0';
    if (m->rival_unseen)
        snprintf(m->rival, sizeof m->rival, "another program");
    m->steer = true;
    say(m, "clock.mode is system");
}

static void by_trying(const struct mode_facts *f, struct mode *m)
{
    char name[32];

    if (f->build_tree)
        say(m, "run from a build tree; clock.mode: system would steer");
    else if (f->probe() != 0)
        say(m, "no right to set the system clock: that takes root or CAP_SYS_TIME");
    else if (has_rival(f, name, sizeof name))
        snprintf(m->reason, sizeof m->reason, "at the start the system clock was kept by %s", name[0] ? name : "a program that is not to be seen from here");
    else {
        m->steer = true;
        say(m, f->others_hidden ? "permitted, and no other program is seen to steer it" : "permitted, and no other program steers it");
    }
}

void mode_decide(enum clock_mode wanted, const struct mode_facts *facts, struct mode *out)
{
    memset(out, 0, sizeof *out);
    if (wanted == CLOCK_MODE_SYSTEM)
        by_order(facts, out);
    else if (wanted == CLOCK_MODE_AUTO)
        by_trying(facts, out);
    else
        say(out, "clock.mode is virtual");
    out->others_hidden = out->steer && facts->others_hidden;
}
