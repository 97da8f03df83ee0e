#include "daemon/control_act.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "daemon/logger.h"

typedef bool act_fn(struct core *c, const struct control_request *r, char *text, size_t size);

/* The answer and the audit's line. */
static bool done(const char *text)
{
    struct log_record log = { .id = LOG_AUDIT_CHANGED };

    log_text(&log, "what", text);
    logger_write(&log, host_mono());
    return true;
}

static bool report_reload(struct core *c, const struct control_request *r, char *text, size_t size)
{
    const struct reload_report *report = &c->world->sets->report;

    (void)r;
    snprintf(text, size, "%s", report->text);
    return !report->refused && !report->certificate_refused;
}

/* -- sources ------------------------------------------------------------------------------------------------------- */

/* The limits are those of the configuration (CTL-14). */
static bool add_source(struct core *c, const struct control_request *r, char *text, size_t size)
{
    static struct conf_errors errors;
    struct engine_options o = *engine_options_now(c->engine);
    struct source_options *fresh = &o.source[o.source_count];
    char name[OPTIONS_NAME_MAX], other[OPTIONS_NAME_MAX];
    int err;

    if (o.source_count == ENGINE_CONFIGURED_MAX) {
        snprintf(text, size, "there are %d sources already, no more are possible", ENGINE_CONFIGURED_MAX);
        return false;
    }
    err = daemon_source_read(c->world->options, r->text, fresh, &errors);
    if (err) {
        snprintf(text, size, "%s", errors.kept ? errors.text[0] : ue_text(err));
        return false;
    }
    if (options_reference(fresh) && !references_find(c->world->references, fresh)) {
        snprintf(text, size, "%.200s is a reference clock that was not there at the start: it takes the configuration and a restart",
                 options_name(fresh, name));
        return false;
    }
    for (uint32_t i = 0; i < o.source_count; i++)
        if (strcmp(options_name(&o.source[i], other), options_name(fresh, name)) == 0 && o.source[i].port == fresh->port) {
            snprintf(text, size, "%.200s is a source already", options_name(fresh, name));
            return false;
        }
    o.source_count++;
    core_change_sources(c, &o);
    snprintf(text, size, "source %.200s is added, until the next reload or restart of the daemon", options_name(fresh, name));
    return done(text);
}

static bool remove_source(struct core *c, int i, char *text, size_t size)
{
    struct engine_options o = *engine_options_now(c->engine);
    char name[OPTIONS_NAME_MAX];

    snprintf(text, size, "source %.200s is removed, until the next reload or restart of the daemon", options_name(&o.source[i], name));
    o.source_count--;
    memmove(&o.source[i], &o.source[i + 1], (o.source_count - (uint32_t)i) * sizeof o.source[0]);
    core_change_sources(c, &o);
    return done(text);
}

static bool tell_source(struct core *c, const struct control_request *r, char *text, size_t size)
{
    static const struct { enum engine_source_act act; const char *done; } words[CONTROL_SOURCE_ACTS] = {
        [CONTROL_SOURCE_ONLINE] = { ENGINE_SOURCE_ONLINE, "is asked again" },
        [CONTROL_SOURCE_OFFLINE] = { ENGINE_SOURCE_OFFLINE, "is not asked and does not count until it is online again" },
        [CONTROL_SOURCE_BURST] = { ENGINE_SOURCE_BURST, "is asked some quick questions" },
    };

    core_tell_source(c, words[r->act].act, r->text);
    snprintf(text, size, "%s%.200s %s", r->text[0] ? "source " : "every source", r->text, words[r->act].done);
    return done(text);
}

static bool act_on_source(struct core *c, const struct control_request *r, char *text, size_t size)
{
    int i = engine_find_source(c->engine, r->text);
    const char *why;

    if (r->act == CONTROL_SOURCE_ADD)
        return add_source(c, r, text, size);
    if (r->text[0] == '\0' && r->act == CONTROL_SOURCE_BURST)
        return tell_source(c, r, text, size);
    if (i < 0) {
        snprintf(text, size, "there is no source \"%.150s\"; `utcctl sources` lists them", r->text);
        return false;
    }
    if (r->act == CONTROL_SOURCE_BURST && (why = engine_burst_refusal(c->engine, i))) {
        snprintf(text, size, "source %.150s: %s", r->text, why);
        return false;
    }
    return r->act == CONTROL_SOURCE_REMOVE ? remove_source(c, i, text, size) : tell_source(c, r, text, size);
}

/* -- the clock ----------------------------------------------------------------------------------------------------- */

static bool step(struct core *c, const struct control_request *r, char *text, size_t size)
{
    struct dur_ns by;
    const char *why = engine_step_refusal(c->engine, &by);
    char amount[24];

    (void)r;
    if (why) {
        snprintf(text, size, "%s", why);
        return false;
    }
    core_step(c);
    snprintf(text, size, "the system clock is stepped by %s", ns_to_text(by.ns, amount));
    return done(text);
}

static bool set_log_level(struct core *c, const struct control_request *r, char *text, size_t size)
{
    enum log_topic topic = r->text[0] ? log_topic_find(r->text) : LOG_TOPICS;

    if (r->text[0] && topic == LOG_TOPICS) {
        snprintf(text, size, "the topic is one of daemon, sources, clock, nts, leap, service, audit");
        return false;
    }
    for (int i = 0; i < LOG_LEVELS; i++)
        if (strcmp(r->level, log_level_name((enum log_level)i)) == 0) {
            core_log_level(c, topic, (enum log_level)i);
            snprintf(text, size, "events %s%s%sfrom %s on are logged, until the next reload or restart", topic == LOG_TOPICS ? "" : "about ",
                     topic == LOG_TOPICS ? "" : log_topic_name(topic), topic == LOG_TOPICS ? "" : " ", r->level);
            return done(text);
        }
    snprintf(text, size, "the level is one of debug, info, notice, warning, error");
    return false;
}

static act_fn *const acts[CONTROL_VERBS] = {
    [CONTROL_VERB_RELOAD] = report_reload,
    [CONTROL_VERB_SOURCE] = act_on_source,
    [CONTROL_VERB_LOG_LEVEL] = set_log_level,
    [CONTROL_VERB_STEP] = step,
};

bool control_act(struct core *c, const struct control_request *request, char *text, size_t size)
{
    if (request->verb < CONTROL_VERBS && acts[request->verb])
        return acts[request->verb](c, request, text, size);
    snprintf(text, size, "this daemon does not do that");
    return false;
}
