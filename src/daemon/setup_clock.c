/* Whether the system clock is steered, what was learnt of it, and the first page. */
#include <stdio.h>

#include "base/err.h"
#include "clock/leap.h"
#include "daemon/exit.h"
#include "daemon/instance.h"
#include "daemon/logger.h"
#include "daemon/memory_file.h"
#include "daemon/place.h"
#include "daemon/setup_part.h"
#include "io/stamp.h"

static void tell_refused(int err)
{
    struct log_record r = { .id = LOG_CLOCK_CANNOT_SET };
    char reason[SNAPSHOT_TEXT_MAX];

    snprintf(reason, sizeof reason, "%s (it takes root or CAP_SYS_TIME)", ue_text(err));
    log_text(&r, "reason", reason);
    logger_write(&r, host_mono());
}

/* The first status we give the kernel clears it; from then on only what is known here counts. */
static void tell_leap_armed(enum leap armed)
{
    struct log_record r = { .id = LOG_LEAP_CLEARED };

    if (armed == LEAP_NONE)
        return;
    log_text(&r, "kind", armed == LEAP_INSERT ? "inserted" : "deleted");
    logger_write(&r, host_mono());
}

int setup_decide_clock(struct setup *s)
{
    enum clock_mode wanted = s->options->engine.clock.clock.mode;
    bool may_steer = wanted != CLOCK_MODE_VIRTUAL;
    struct mode_facts facts = { .build_tree = may_steer && place_is_build_tree(),
                                .steered_before = may_steer && !s->detached && instance_steered_before(s->run_dir),
                                .probe = host_clock_system.probe, .other = host_other_discipliner,
                                .others_hidden = may_steer && !host_sees_others() };
    struct host_pair now = host_pair();

    mode_decide(wanted, &facts, &s->mode);
    if (s->mode.refused)
        tell_refused(s->mode.refused);
    if (s->mode.rival[0])
        logger_say("%s steers the system clock too: two at one clock spoil it for both; stop one of them", s->mode.rival);
    if (s->mode.steer) {
        s->world.found.leap_armed = host_leap_armed();
        tell_leap_armed(s->world.found.leap_armed);
    }
    if (s->mode.steer && !s->detached)
        instance_mark_steering(s->run_dir);
    s->world.steer = s->mode.steer;
    s->world.driver = s->mode.steer ? &host_clock_system : &host_clock_null;
    s->world.clock_mode = s->mode.steer ? "system" : "virtual";
    s->world.clock_reason = s->mode.reason;
    s->world.mode = &s->mode;
    s->world.wall = now.system;
    s->world.wall_at = now.raw;
    return 0;
}

static enum log_id read_of(const struct clock_memory *m)
{
    return m->beyond_ppm != 0 ? LOG_DRIFT_CLAMPED : m->drift.valid ? LOG_DRIFT_LOADED : LOG_DRIFT_NONE;
}

static void tell_memory(enum log_id id, const char *file, const struct clock_memory *m, int err)
{
    struct log_record r = { .id = id };

    if (!err && id != LOG_DRIFT_NONE)
        log_double(&r, "freq_ppm", m->beyond_ppm != 0 ? m->beyond_ppm : m->drift.freq_ppm);
    log_text(&r, "file", file);
    if (err)
        log_text(&r, "reason", ue_text(err));
    logger_write(&r, host_mono());
}

int setup_recall(struct setup *s)
{
    const struct clock_own_options *o = &s->options->engine.clock.clock;
    struct clock_memory *m = &s->world.memory;
    int err;

    if (o->drift_file.s[0] == '\0')
        return 0;
    if (!memory_file_lock(o->drift_file.s))
        return setup_refuse(EXIT_OTHER_INSTANCE, "another simple-utcd keeps in %s what it learns; stop it, or give this one its own clock.drift_file",
                            o->drift_file.s);
    err = memory_file_load(o->drift_file.s, o->max_frequency, m);
    if (err != -UE_NO_FILE) {
        s->world.found.state_err = err;
        s->world.found.beyond_ppm = m->beyond_ppm;
        tell_memory(err ? LOG_DRIFT_BAD : read_of(m), o->drift_file.s, m, err);
    }
    s->world.steps->synchronised_ever = m->synchronised_once;
    s->world.steps->stepped = m->stepped;
    return 0;
}

int setup_publish_first_page(struct setup *s)
{
    static struct clock first;
    const struct clock_options *o = &s->options->engine.clock;
    const struct clock_start start = { .now = s->world.wall_at, .memory = &s->world.memory, .precision_log2 = host_precision_log2(),
                                       .wall = s->mode.steer ? leap_unsmeared(&o->leap, &s->world.memory, s->world.wall) : s->world.wall };

    clock_init(&first, o, &start);
    if (s->options->engine.clock.clock.drift_file.s[0])
        s->world.steps->gap = clock_gap(&first);
    first.page.asleep = io_asleep();
    first.page.disruption = io_vmclock_marker(s->world.vmclock);
    page_publish(s->world.page, &first.page);
    return 0;
}
